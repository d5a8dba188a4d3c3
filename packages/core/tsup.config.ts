import { defineConfig } from "tsup";
import { shared } from "../../tsup.shared.ts";

export default defineConfig({
  ...shared,
  entry: {
    index: "src/index.ts",
    node: "src/node.ts",
    web: "src/web.ts",
    redis: "src/redis/index.ts",
    sqlite: "src/sqlite/index.ts",
    flexible: "src/flexible/index.ts",
    testing: "src/testing/index.ts",
  },
});
