// What a user installs: the packed tarballs, not the work tree. Needs `npm run build` first.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  installNodes,
  installProject,
  nodes,
  type PackageName,
  pack,
  packages,
  root,
  run,
  temporaryFolder,
  versions,
} from "./tarballs.ts";

const bin = (name: string) => join(root, "node_modules", ".bin", name);
const temporary = temporaryFolder();
const project = join(temporary, "project");
const withRedis = join(temporary, "with-redis");
const tarballs = {} as Record<PackageName, string>;

beforeAll(async () => {
  for (const name of packages) tarballs[name] = await pack(name, temporary);
  // The core alone: its own dependencies must suffice.
  await Promise.all([installProject(project, [tarballs.core]), installNodes()]);
  await installProject(withRedis, [tarballs.core, `ioredis@${versionOf("ioredis")}`]);
});
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** The version that this repository has of a package. */
function versionOf(name: string): string {
  const manifest = readFileSync(join(root, "node_modules", name, "package.json"), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
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
    const expected = /^(package\.json|LICENSE|NOTICE|README\.md|dist\/.+\.(js|js\.map|d\.ts))$/;
    expect(files.filter((file) => !expected.test(file))).toEqual([]);
    expect(files).toContain("LICENSE");
  });
});

describe.each(versions)("@flux/core on Node %s", (version) => {
  const subpaths = Object.keys(manifestOf("core").exports)
    .filter((subpath) => subpath !== "./package.json")
    .map((subpath) => subpath.replace(".", "@flux/core"));

  async function runScript(file: string, code: string, cwd = project): Promise<string> {
    writeFileSync(join(cwd, file), code);
    const { stdout, stderr } = await run(nodes[version], ["--no-warnings", file], { cwd });
    return stdout + stderr;
  }

  /** What a subpath needs besides the core is there. */
  const projectOf = (subpath: string) => (subpath === "@flux/core/redis" ? withRedis : project);

  test("is the version meant", async () => {
    expect(await runScript("version.cjs", "console.log(process.versions.node)")).toBe(
      `${version}\n`,
    );
  });

  test.each(subpaths)("%s can be imported", async (subpath) => {
    const code = `import * as door from ${JSON.stringify(subpath)};
      console.log(Object.keys(door).length > 0);`;
    const file = `import-${version}.mjs`;
    expect(await runScript(file, code, projectOf(subpath))).toBe("true\n");
  });

  test.each(subpaths)("%s can be required from CommonJS", async (subpath) => {
    const code = `const door = require(${JSON.stringify(subpath)});
      console.log(Object.keys(door).length > 0);`;
    const file = `require-${version}.cjs`;
    expect(await runScript(file, code, projectOf(subpath))).toBe("true\n");
  });

  test("the Redis store names the package that it needs", async () => {
    const code = `import("@flux/core/redis").catch((error) => console.log(error.message));`;
    expect(await runScript(`redis-${version}.mjs`, code)).toMatch(/Cannot find package 'ioredis'/);
  });

  test("the SQLite store counts, or says which Node it needs", async () => {
    const code = `import { defineFlux } from "@flux/core";
      import { sqliteStore } from "@flux/core/sqlite";
      try {
        const flux = defineFlux({
          limits: { api: { quota: 1, window: "1h", by: "principal" } },
          store: sqliteStore("counters-${version}.db"),
        });
        const caller = flux.as({ subject: "ann" });
        const decide = () => caller.decide({ limit: "api" }).code;
        console.log(decide(), decide());
      } catch (error) {
        console.log(error.code, error.message);
      }`;
    const told = await runScript(`sqlite-${version}.mjs`, code);
    if (version.startsWith("20.")) expect(told).toMatch(/^runtime_unsupported .*22\.13/);
    else expect(told).toBe("allowed rate_limited\n");
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
