/** What each package weighs in an app's bundle: minified and gzipped. */
import { gzipSync } from "node:zlib";
import { type BuildOptions, build } from "esbuild";

export interface Bundle {
  readonly name: string;
  /** kB of 1,000 bytes, minified and gzipped. */
  readonly gzipped: number;
}

const node: BuildOptions = { platform: "node", packages: "bundle" };
/** As the bundlers of edge runtimes resolve packages. */
const edge: BuildOptions = { platform: "neutral", conditions: ["edge-light", "worker", "import"] };
const frameworks = ["express", "koa", "fastify", "hono", "next", "@nestjs/*", "react", "rxjs"];
const stores = ["ioredis", "rate-limiter-flexible"];

async function gzipped(code: string, options: BuildOptions): Promise<number> {
  const { outputFiles } = await build({
    ...options,
    stdin: { contents: code, resolveDir: import.meta.dirname, loader: "js" },
    external: [...frameworks, ...stores, ...(options.external ?? [])],
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    target: "es2022",
    // The repository's own table of paths would lead to the sources, past what is published.
    tsconfigRaw: "{}",
    logLevel: "error",
  });
  return gzipSync(outputFiles?.[0]?.contents ?? new Uint8Array(), { level: 9 }).length / 1_000;
}

const all = (name: string) => `export * from "${name}"`;

/** The core with jose and the schema; each adapter and store beside the core, which they share. */
export async function bundles(): Promise<{ edgeCore: number; packages: Bundle[] }> {
  const beside = { ...node, external: ["@flux/core", "@flux/core/*"] };
  const packages: Bundle[] = [
    { name: "@flux/core", gzipped: await gzipped(all("@flux/core"), node) },
  ];
  for (const adapter of ["express", "koa", "fastify", "hono", "next", "nest"])
    packages.push({
      name: `@flux/${adapter}, beside the core`,
      gzipped: await gzipped(all(`@flux/${adapter}`), beside),
    });
  for (const store of ["redis", "sqlite", "flexible"])
    packages.push({
      name: `@flux/core/${store}, with the core`,
      gzipped: await gzipped(`${all("@flux/core")}; ${all(`@flux/core/${store}`)}`, node),
    });
  return { edgeCore: await gzipped(all("@flux/core"), edge), packages };
}
