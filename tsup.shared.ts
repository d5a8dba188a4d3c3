import type { Options } from "tsup";

/** How every package is built: ESM only, every dependency left outside. */
export const shared = {
  tsconfig: "../../tsconfig.build.json",
  format: "esm",
  platform: "neutral",
  target: "es2022",
  dts: true,
  sourcemap: true,
  splitting: true,
  clean: true,
  skipNodeModulesBundle: true,
  // tsup would turn "node:crypto" into "crypto", which edge runtimes and Deno do not resolve.
  removeNodeProtocol: false,
} satisfies Options;
