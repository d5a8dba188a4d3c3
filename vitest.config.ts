import { defineConfig } from "vitest/config";

export default defineConfig({
  // The packages' names lead to their sources, by the `paths` of tsconfig.json.
  resolve: { tsconfigPaths: true },
  test: {
    include: [
      "packages/*/src/**/*.test.ts",
      "test/**/*.test.ts",
      "examples/**/*.test.ts",
      "bench/**/*.test.ts",
    ],
    // Most of what takes long waits for servers.
    maxWorkers: 2,
    // test/package is its own run: npm run test:package.
    exclude: ["**/node_modules/**", "**/dist/**", "test/package/**"],
  },
});
