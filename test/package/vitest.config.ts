import { join } from "node:path";
import { defineConfig } from "vitest/config";

// Apart from the other tests: these need `npm run build` first, and download three Node releases.
export default defineConfig({
  test: {
    root: join(import.meta.dirname, "..", ".."),
    include: ["test/package/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    // Both install what the other does.
    fileParallelism: false,
  },
});
