import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..");
const cruiser = join(root, "node_modules", ".bin", "depcruise");
const configFile = join(root, ".dependency-cruiser.mjs");
const { rooms, default: config } = (await import(configFile)) as {
  rooms: string[];
  default: { forbidden: { name: string; comment: string }[] };
};

const temporary = realpathSync(mkdtempSync(join(tmpdir(), "flux-arrows-")));
afterAll(() => rmSync(temporary, { recursive: true }));

const core = "packages/core/src";

/** File, what it contains, and the one rule it breaks. */
const violations: [file: string, code: string, rule: string][] = [
  [`${core}/auth/a.ts`, `import { tenant } from "../tenant/tenant.ts";`, "stage-imports-sibling"],
  [`${core}/tenant/a.ts`, `import type { Auth } from "../auth/auth.ts";`, "stage-imports-sibling"],
  [`${core}/flags/a.ts`, `export { limits } from "../limits/limits.ts";`, "stage-imports-sibling"],
  [`${core}/limits/a.ts`, `import { flags } from "../flags/flags.ts";`, "stage-imports-sibling"],
  [`${core}/route/a.ts`, `import { http } from "../http/http.ts";`, "stage-imports-sibling"],
  [`${core}/route/b.ts`, `import { engine } from "../engine/engine.ts";`, "stage-imports-sibling"],
  [
    `${core}/entitlements/a.ts`,
    `export const late = () => import("../limits/limits.ts");`,
    "stage-imports-sibling",
  ],
  [`${core}/auth/b.ts`, `import { config } from "../config/config.ts";`, "config-is-types-only"],
  [
    `${core}/auth/c.ts`,
    `import type { Config } from "../config/config.ts";\nimport { config } from "../config/config.ts";`,
    "config-is-types-only",
  ],
  [
    `${core}/decision/a.ts`,
    `import { config } from "../config/config.ts";`,
    "config-is-types-only",
  ],
  [
    `${core}/config/a.ts`,
    `import { flags } from "../flags/flags.ts";`,
    "config-imports-types-only",
  ],
  [
    `${core}/config/b.ts`,
    `import type { Facts } from "../facts/facts.ts";\nimport { facts } from "../facts/facts.ts";`,
    "config-imports-types-only",
  ],
  [
    `${core}/http/a.ts`,
    `import type { Facts } from "../facts/facts.ts";`,
    "http-knows-only-decision",
  ],
  [`${core}/decision/b.ts`, `import { http } from "../http/http.ts";`, "decision-imports-upward"],
  [
    `${core}/decision/c.ts`,
    `import type { Limits } from "../limits/limits.ts";`,
    "decision-imports-upward",
  ],
  [
    `${core}/facts/a.ts`,
    `import { decision } from "../decision/decision.ts";`,
    "facts-imports-upward",
  ],
  [
    `${core}/facts/b.ts`,
    `import type { Config } from "../config/config.ts";`,
    "facts-imports-upward",
  ],
  [`${core}/support/a.ts`, `import type { Facts } from "../facts/facts.ts";`, "support-is-a-leaf"],
  [`${core}/errors.ts`, `import { facts } from "./facts/facts.ts";`, "errors-is-a-leaf"],
  [`${core}/redis/a.ts`, `import { engine } from "../engine/engine.ts";`, "store-imports-upward"],
  [`${core}/engine/a.ts`, `import { redis } from "../redis/redis.ts";`, "subpath-room-stays-apart"],
  [
    `${core}/index.ts`,
    `export { testing } from "./testing/testing.ts";`,
    "subpath-room-stays-apart",
  ],
  [
    `${core}/engine/b.ts`,
    `import { defineFlux } from "../define-flux.ts";`,
    "nothing-imports-the-doors",
  ],
  [
    `${core}/engine/c.ts`,
    `import type { DefineFlux } from "../index.ts";`,
    "nothing-imports-the-doors",
  ],
  [`${core}/engine/d.ts`, `import { z } from "zod";`, "zod-lives-in-config"],
  [`${core}/define-flux.ts`, `import type { ZodType } from "zod/v4";`, "zod-lives-in-config"],
  [`${core}/tenant/b.ts`, `import { jwtVerify } from "jose";`, "jose-lives-in-auth"],
  [`${core}/limits/b.ts`, `import { hash } from "node:crypto";`, "node-modules-stay-outside"],
  [`${core}/limits/c.ts`, `import type { Server } from "http";`, "node-modules-stay-outside"],
  [
    `${core}/testing/a.ts`,
    `export const fs = () => import("node:fs");`,
    "node-modules-stay-outside",
  ],
  [`${core}/engine/e.ts`, `import "../facts/from-node.ts";`, "from-node-has-its-own-door"],
  [
    `${core}/engine/f.ts`,
    `import { expressFlux } from "@flux/express";`,
    "core-imports-no-package-of-flux",
  ],
  [
    "packages/express/src/a.ts",
    `import { limits } from "../../core/src/limits/limits.ts";`,
    "adapter-enters-by-the-door",
  ],
  [
    "examples/express/a.ts",
    `import { defineFlux } from "../../packages/core/src/index.ts";`,
    "adapter-enters-by-the-door",
  ],
  [
    "packages/express/src/b.ts",
    `import { limits } from "@flux/core/limits";`,
    "subpath-does-not-exist",
  ],
  [`${core}/engine/g.ts`, `import { other } from "./h.ts";\nexport const g = other;`, "no-cycles"],
];

/** What the rules must leave alone. */
const allowed: [file: string, code: string][] = [
  [`${core}/auth/ok.ts`, `import { auth } from "./auth.ts";\nimport { jwtVerify } from "jose";`],
  [
    `${core}/auth/ok-2.ts`,
    `import { decision } from "../decision/decision.ts";\nimport { facts } from "../facts/facts.ts";`,
  ],
  [
    `${core}/auth/ok-3.ts`,
    `import type { Config } from "../config/config.ts";\nimport { errors } from "../errors.ts";`,
  ],
  [`${core}/limits/ok.ts`, `import { support } from "../support/support.ts";`],
  [
    `${core}/limits/ok.test.ts`,
    `import { flags } from "../flags/flags.ts";\nimport "node:fs";\nimport "../index.ts";`,
  ],
  [
    `${core}/config/ok.ts`,
    `import { z } from "zod";\nimport type { Limits } from "../limits/limits.ts";`,
  ],
  [
    `${core}/config/ok-2.ts`,
    `import { support } from "../support/support.ts";\nimport { errors } from "../errors.ts";`,
  ],
  [
    `${core}/decision/ok.ts`,
    `import { facts } from "../facts/facts.ts";\nimport type { Config } from "../config/config.ts";`,
  ],
  [`${core}/http/ok.ts`, `import { decision } from "../decision/decision.ts";`],
  [`${core}/engine/ok-2.ts`, `import type { b } from "./ok-3.ts";\nexport const a = 1;`],
  [`${core}/engine/ok-3.ts`, `import { a } from "./ok-2.ts";\nexport const b = a;`],
  [`${core}/support/ok.ts`, `import { errors } from "../errors.ts";`],
  [
    `${core}/engine/ok.ts`,
    `import { auth } from "../auth/auth.ts";\nimport { flags } from "../flags/flags.ts";\nimport { config } from "../config/config.ts";`,
  ],
  [`${core}/facts/from-node.ts`, `import type { IncomingMessage } from "node:http";`],
  [`${core}/node.ts`, `export * from "./facts/from-node.ts";\nimport "node:fs";`],
  [`${core}/redis/ok.ts`, `import "node:net";\nimport type { Limits } from "../limits/limits.ts";`],
  [`${core}/testing/ok.ts`, `import { defineFlux } from "../define-flux.ts";`],
  [
    "packages/express/src/ok.ts",
    `import { defineFlux } from "@flux/core";\nimport "@flux/core/node";`,
  ],
  [
    "examples/express/ok.ts",
    `import { defineFlux } from "@flux/core";\nimport { expressFlux } from "@flux/express";\nimport "node:http";`,
  ],
  ["test/contract/ok.ts", `import { limits } from "../../packages/core/src/limits/limits.ts";`],
];

/** A tree with one file a room, each importing what the rules allow. */
function plantTree(name: string): string {
  const tree = join(temporary, name);
  for (const room of rooms) {
    plant(
      tree,
      `${core}/${room}/${room}.ts`,
      `export const ${room} = 1;\nexport type ${capital(room)} = 1;`,
    );
  }
  plant(tree, `${core}/errors.ts`, `export const errors = 1;`);
  plant(
    tree,
    `${core}/define-flux.ts`,
    `import { engine } from "./engine/engine.ts";\nexport const defineFlux = engine;`,
  );
  plant(
    tree,
    `${core}/index.ts`,
    `export { defineFlux } from "./define-flux.ts";\nexport type DefineFlux = 1;`,
  );
  plant(tree, `packages/express/src/index.ts`, `export const expressFlux = 1;`);
  for (const [file, code] of allowed) plant(tree, file, code);
  for (const file of ["tsconfig.json", "tsconfig.base.json"])
    cpSync(join(root, file), join(tree, file));
  return tree;
}

function plant(tree: string, file: string, code: string): void {
  const path = join(tree, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${code}\n`);
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

/** Runs the rules over a tree, as `npm run lint` does over the repository. */
function lint(
  tree: string,
  output: "err-long" | "json",
): Promise<{ code: number; stdout: string }> {
  const folders = ["packages", "examples"];
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [cruiser, ...folders, "--config", configFile, "--output-type", output],
      { cwd: tree, maxBuffer: 64 << 20, env: { ...process.env, NO_COLOR: "1" } },
      (error, stdout, stderr) => {
        if (error && typeof error.code !== "number") reject(error);
        else if (stderr) reject(new Error(stderr));
        else resolve({ code: error ? Number(error.code) : 0, stdout });
      },
    );
  });
}

async function violationsIn(tree: string): Promise<string[]> {
  const { stdout } = await lint(tree, "json");
  const found = JSON.parse(stdout).summary.violations as { from: string; rule: { name: string } }[];
  return [...new Set(found.map(({ from, rule }) => `${from}: ${rule.name}`))];
}

describe("the arrows", () => {
  test("a tree that keeps them passes", { timeout: 30_000 }, async () => {
    const { code, stdout } = await lint(plantTree("clean"), "err-long");
    expect(stdout).toContain("no dependency violations found");
    expect(code).toBe(0);
  });

  test("this repository passes", { timeout: 30_000 }, async () => {
    expect(await violationsIn(root)).toEqual([]);
  });

  test("a violation fails the lint, which names the rule and says what to do", {
    timeout: 30_000,
  }, async () => {
    const tree = plantTree("all");
    const rule = "stage-imports-sibling";
    plant(tree, `${core}/auth/a.ts`, `import { tenant } from "../tenant/tenant.ts";`);
    const result = await lint(tree, "err-long");
    expect(result.code).toBe(1);
    expect(result.stdout).toContain(rule);
    expect(result.stdout).toContain("Move what two stages share into support/");
  });
});

describe("a planted violation", async () => {
  const tree = plantTree("planted");
  for (const [file, code] of violations) plant(tree, file, code);
  // The other half of the cycle; its types alone would be no cycle.
  plant(tree, `${core}/engine/h.ts`, `import { g } from "./g.ts";\nexport const other = g;`);
  const found = await violationsIn(tree);

  test.each(violations)("%s: %s breaks %s", (file, _code, rule) => {
    expect(found).toContain(`${file}: ${rule}`);
  });

  test("no other file is accused", () => {
    const accused = new Set(found.map((line) => line.split(": ")[0]));
    const planted = new Set(violations.map(([file]) => file));
    expect([...accused].filter((file) => !planted.has(file ?? ""))).toEqual([]);
  });

  test("every rule has one", () => {
    const tested = new Set(violations.map(([, , rule]) => rule));
    expect(config.forbidden.map(({ name }) => name).filter((name) => !tested.has(name))).toEqual(
      [],
    );
  });

  test("every rule says what to do", () => {
    for (const { name, comment } of config.forbidden) {
      expect(comment.length, name).toBeGreaterThan(30);
    }
  });
});

test("every folder of the core is a room with arrows", () => {
  const folders = readdirSync(join(root, core), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  expect(folders.filter((name) => !rooms.includes(name))).toEqual([]);
});
