// What a user installs: the packed tarballs, not the work tree. Needs `npm run build` first.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..", "..");
const bin = (name: string) => join(root, "node_modules", ".bin", name);

const packages = ["core", "express"] as const;
type PackageName = (typeof packages)[number];

/** The oldest Node that `engines` admits, then the newest of each line in use. */
const nodes = { "20.19.0": "", "22.23.3": "", "24.21.0": process.execPath, "26.10.0": "" };
type NodeVersion = keyof typeof nodes;
const versions = Object.keys(nodes) as NodeVersion[];

const temporary = mkdtempSync(join(tmpdir(), "flux-package-"));
const project = join(temporary, "project");
const tarballs = {} as Record<PackageName, string>;

beforeAll(async () => {
  for (const name of packages) tarballs[name] = await pack(name);
  await Promise.all([installCore(), installNodes()]);
});
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

async function pack(name: PackageName): Promise<string> {
  const folder = join(root, "packages", name);
  for (const file of ["index.js", "index.d.ts"]) {
    if (!existsSync(join(folder, "dist", file))) {
      throw new Error(`packages/${name}/dist/${file} is missing: run \`npm run build\` first`);
    }
  }
  const target = join(temporary, name);
  mkdirSync(target);
  const { stdout } = await npm(["pack", "--json", "--pack-destination", target], folder);
  const packed = JSON.parse(stdout) as
    | { filename: string }[]
    | Record<string, { filename: string }>;
  const filename = Object.values(packed)[0]?.filename;
  if (!filename) throw new Error(`npm pack printed no file name: ${stdout}`);
  return join(target, filename);
}

/** The core alone, in an empty project: its own dependencies must suffice. */
async function installCore(): Promise<void> {
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), `{ "private": true }`);
  await npm(["install", "--prefer-offline", "--no-save", tarballs.core], project);
}

/**
 * Node's releases as npm packages, each under an alias. They stay in node_modules/.cache, since
 * they weigh 180 MB each and nothing but this test needs them.
 */
async function installNodes(): Promise<void> {
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

function manifestOf(name: PackageName) {
  return JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8")) as {
    exports: Record<string, unknown>;
  };
}

/** The output of a tool that fails with its findings on stdout. */
async function findings(tool: string, args: string[]): Promise<string> {
  try {
    await run(bin(tool), args, { cwd: temporary, env: { ...process.env, NO_COLOR: "1" } });
    return "";
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return `${stdout}\n${stderr}`;
  }
}

describe.each(packages)("the tarball of @flux/%s", (name) => {
  test("satisfies publint", async () => {
    expect(await findings("publint", ["run", tarballs[name], "--strict"])).toBe("");
  });

  test("has types that resolve wherever ESM is read (attw)", async () => {
    expect(await findings("attw", [tarballs[name], "--profile", "esm-only"])).toBe("");
  });

  test("holds the build, the licence and nothing else", async () => {
    const { stdout } = await run("tar", ["-tzf", tarballs[name]]);
    const files = stdout
      .trim()
      .split("\n")
      .map((file) => file.replace("package/", ""));
    const expected = /^(package\.json|LICENSE|README\.md|dist\/.+\.(js|js\.map|d\.ts))$/;
    expect(files.filter((file) => !expected.test(file))).toEqual([]);
    expect(files).toContain("LICENSE");
  });
});

describe.each(versions)("@flux/core on Node %s", (version) => {
  const subpaths = Object.keys(manifestOf("core").exports)
    .filter((subpath) => subpath !== "./package.json")
    .map((subpath) => subpath.replace(".", "@flux/core"));

  async function runScript(file: string, code: string): Promise<string> {
    writeFileSync(join(project, file), code);
    const { stdout, stderr } = await run(nodes[version], ["--no-warnings", file], { cwd: project });
    return stdout + stderr;
  }

  test("is the version meant", async () => {
    expect(await runScript("version.cjs", "console.log(process.versions.node)")).toBe(
      `${version}\n`,
    );
  });

  test.each(subpaths)("%s can be imported", async (subpath) => {
    const code = `import * as door from ${JSON.stringify(subpath)};
      console.log(Object.keys(door).length > 0);`;
    expect(await runScript(`import-${version}.mjs`, code)).toBe("true\n");
  });

  test.each(subpaths)("%s can be required from CommonJS", async (subpath) => {
    const code = `const door = require(${JSON.stringify(subpath)});
      console.log(Object.keys(door).length > 0);`;
    expect(await runScript(`require-${version}.cjs`, code)).toBe("true\n");
  });

  const story = `
    const { key, hash } = await generateApiKey();
    const flux = defineFlux({
      auth: { apiKeys: { header: "x-api-key", lookup: (given) => given === hash ? { id: "k1" } : null } },
      limits: { api: { quota: 1, window: "1h", by: "principal" } },
      routes: { "GET /health": "public", "GET /reports/:id": { limit: "api" } },
    });
    const codes = [];
    for (const [url, headers] of [
      ["/health", {}],
      ["/reports/7", {}],
      ["/reports/7", { "x-api-key": key }],
      ["/reports/7", { "x-api-key": key }],
      ["/reports/7", new Headers({ "x-api-key": key + "x" })],
      ["/reports/..%2f", {}],
    ]) codes.push((await flux.decide({ method: "GET", url, headers, ip: "192.0.2.1" })).code);
    console.log(codes.join(" "));`;
  const told = "allowed unauthenticated allowed rate_limited invalid_token bad_request\n";

  test("decides, imported", async () => {
    const code = `import { defineFlux, generateApiKey } from "@flux/core"; ${story}`;
    expect(await runScript(`story-${version}.mjs`, code)).toBe(told);
  });

  test("decides, required", async () => {
    const code = `const { defineFlux, generateApiKey } = require("@flux/core");
      (async () => { ${story} })();`;
    expect(await runScript(`story-${version}.cjs`, code)).toBe(told);
  });
});
