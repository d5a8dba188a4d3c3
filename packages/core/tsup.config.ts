import { defineConfig } from "tsup";
import { shared } from "../../tsup.shared.ts";

export default defineConfig({
  ...shared,
  // The schema stands on zod's core, and goes into the package with the little of zod that it needs: loaded as a
  // dependency, it would bring all its languages along, and take half of the time that a process needs to start.
  noExternal: ["zod"],
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
