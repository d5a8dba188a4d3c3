/** The packages as they would be published, and the releases of Node that they must run on. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export const run = promisify(execFile);
export const root = join(import.meta.dirname, "..", "..");

export const packages = ["core", "express", "koa", "fastify", "hono", "next", "nest"] as const;
export type PackageName = (typeof packages)[number];

/** The oldest Node that `engines` admits, then the newest of each line in use. */
export const nodes = { "20.19.0": "", "22.23.3": "", "24.21.0": process.execPath, "26.10.0": "" };
export type NodeVersion = keyof typeof nodes;
export const versions = Object.keys(nodes) as NodeVersion[];

export const temporaryFolder = () => mkdtempSync(join(tmpdir(), "flux-package-"));

/** Packs a package into a folder; its path. */
export async function pack(name: PackageName, into: string): Promise<string> {
  const folder = join(root, "packages", name);
  for (const file of ["index.js", "index.d.ts"]) {
    if (!existsSync(join(folder, "dist", file))) {
      throw new Error(`packages/${name}/dist/${file} is missing: run \`npm run build\` first`);
    }
  }
  const target = join(into, name);
  mkdirSync(target);
  const { stdout } = await npm(["pack", "--json", "--pack-destination", target], folder);
  const packed = JSON.parse(stdout) as
    | { filename: string }[]
    | Record<string, { filename: string }>;
  const filename = Object.values(packed)[0]?.filename;
  if (!filename) throw new Error(`npm pack printed no file name: ${stdout}`);
  return join(target, filename);
}

/** An empty project with these installed, as a user would. */
export async function installProject(folder: string, what: readonly string[]): Promise<void> {
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), `{ "private": true }`);
  await npm(["install", "--prefer-offline", "--no-save", ...what], folder);
}

/**
 * Node's releases as npm packages, each under an alias. They stay in node_modules/.cache, since
 * they weigh 180 MB each and nothing but this test needs them.
 */
export async function installNodes(): Promise<void> {
  const folder = join(root, "node_modules", ".cache", "flux-nodes");
  const system = process.platform === "win32" ? "win" : process.platform;
  const path = (version: string) => join(folder, "node_modules", `node-${version}`, "bin", "node");
  const wanted = versions.filter((version) => version !== process.versions.node);
  if (!wanted.every((version) => existsSync(path(version)))) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), `{ "private": true }`);
    const specs = wanted.map((v) => `node-${v}@npm:node-${system}-${process.arch}@${v}`);
    await npm(
      [
        "install",
        "--prefer-offline",
        "--no-save",
        "--no-package-lock",
        "--ignore-scripts",
        ...specs,
      ],
      folder,
    );
  }
  for (const version of wanted) nodes[version] = path(version);
}

/** npm in another folder, without what `npm test` hands down of this workspace. */
function npm(args: string[], cwd: string) {
  const inherited = Object.entries(process.env).filter(
    ([name]) =>
      !/^npm_(package|lifecycle|command|execpath|node_execpath)|^npm_config_(local_prefix|workspace)/i.test(
        name,
      ),
  );
  return run("npm", [...args, "--no-audit", "--no-fund"], {
    cwd,
    env: Object.fromEntries(inherited),
    shell: process.platform === "win32",
  });
}
