/**
 * Bundles a core with the gate's cases. Both sides are built by the same tool in the same way, whatever the
 * packages' own build has become since; and each has its own copy of the cases, so that V8 learns about the
 * calls of each apart.
 */
import { mkdirSync, realpathSync } from "node:fs";
import { join, relative } from "node:path";
import { build } from "esbuild";
import { cache, GateError, repository } from "./baseline.ts";

/**
 * @param core a folder like packages/core.
 * @param name of the bundle.
 * @returns the bundle's path.
 */
export async function bundle(core: string, name: string): Promise<string> {
  mkdirSync(cache, { recursive: true });
  const outfile = join(cache, `${name}.${process.pid}.mjs`);
  const entry = join(realpathSync(core), "src", "index.ts");
  const { metafile } = await build({
    entryPoints: [join(import.meta.dirname, "cases.ts")],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    packages: "external",
    alias: { "@flux/core": entry },
    // The repository's own maps @flux/core to the working tree, for both.
    tsconfigRaw: {},
    metafile: true,
    absWorkingDir: repository,
    logLevel: "error",
  });
  // Were both sides built from one folder, the gate would pass whatever was done.
  const own = relative(repository, entry).replaceAll("\\", "/");
  const entries = Object.keys(metafile.inputs).filter((input) =>
    input.endsWith("core/src/index.ts"),
  );
  if (entries.length !== 1 || entries[0] !== own) {
    throw new GateError(`The bundle "${name}" is of ${entries.join(" and ")}, not of ${own}.`);
  }
  return outfile;
}
