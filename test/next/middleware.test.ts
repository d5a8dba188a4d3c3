/** `middleware.ts` on the edge and on Node.js: what it shares with the handlers, and what it does not. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { buildApp, buildTimeout } from "./build.ts";
import { left, type NextApp, startNextApp, variant } from "./support.ts";

vi.setConfig({ hookTimeout: buildTimeout, testTimeout: buildTimeout });

let app: NextApp | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

const edge = { "middleware.ts": variant("middleware.ts") };
const secret = { RECEIPT_SECRET: "a secret of at least thirty-two bytes" };
const json = { "content-type": "application/json" };

describe("on the edge", () => {
  test("with a receipt, the guard charges nothing again", async () => {
    app = await startNextApp("edge", edge, secret);
    for (const remaining of [4, 3]) {
      const response = await app.ask("GET /api/plain", "member");
      expect(left(response)).toBe(remaining);
      expect(await response.json()).toMatchObject([{ name: "api", charged: 1, remaining }]);
    }
    // Of what the middleware reserved nothing is charged in the handler's own store.
    const body = JSON.stringify({});
    const chat = await app.ask("POST /api/chat", "member", { headers: json, body });
    expect(await chat.json()).toMatchObject({ used: 0 });
    expect(app.output()).not.toContain("receiptSecret");
  });

  test("a receipt serves once, for the request that it was signed for", async () => {
    app = await startNextApp("edge", edge, secret);
    const seen = (await (await app.ask("GET /api/seen", "member")).json()) as Record<
      string,
      string
    >;
    const stolen = {
      "x-flux-pass": seen["x-flux-pass"] as string,
      "x-flux-receipt": seen["x-flux-receipt"] as string,
    };
    expect(stolen["x-flux-receipt"]).toMatch(/^ey/);
    // A path that the middleware does not see, in the handler's own store: charged.
    for (const remaining of [4, 3])
      expect(left(await app.ask("GET /outside", "member", { headers: stolen }))).toBe(remaining);
  });

  test("without a secret, the guard charges again, and says so once", async () => {
    app = await startNextApp("edge", edge);
    for (let asked = 0; asked < 2; asked++) {
      const response = await app.ask("GET /api/plain", "member");
      expect(await response.json()).toMatchObject([{ charged: 1 }]);
    }
    expect(left(await app.ask("GET /outside", "member"))).toBe(2);
    expect(app.output().split("[flux] A guard charged")).toHaveLength(2);
  });

  test("strangers and forged headers are refused", async () => {
    app = await startNextApp("edge", edge, secret);
    expect((await app.ask("GET /api/plain")).status).toBe(401);
    const headers = { "x-flux-receipt": "e30.e30.e30", "x-flux-pass": "1" };
    expect((await app.ask("GET /api/plain", undefined, { headers })).status).toBe(401);
  });

  test("its bundle holds nothing that an edge runtime lacks", async () => {
    const folder = join(import.meta.dirname, "app");
    const target = await buildApp({ name: "edge", folder, files: edge });
    const chunks = join(target, ".next", "server", "edge", "chunks");
    const maps = readdirSync(chunks)
      .filter((name) => name.endsWith(".js.map"))
      .map((name) => JSON.parse(readFileSync(join(chunks, name), "utf8")) as SourceMap);
    const sources = maps.flatMap(sourcesOf);
    const paths = sources.map(({ path }) => path).join("\n");
    // Otherwise what follows would hold of anything.
    expect(paths).toContain("packages/core/dist/index.js");
    expect(paths).toContain("packages/next/dist/index.js");
    expect(paths).not.toContain("packages/core/dist/node.js");
    expect(paths).not.toContain("ioredis");
    const nodeImports = sources
      .filter(({ path }) => !path.includes("node_modules/next/"))
      .filter(({ text }) => /(?:from|import|require)\s*\(?\s*["']node:/.test(text))
      .map(({ path }) => path);
    expect(nodeImports).toEqual([]);
    // Next's own adapter takes these two from the edge runtime, in every middleware.
    const code = readdirSync(chunks)
      .filter((name) => name.endsWith(".js"))
      .map((name) => readFileSync(join(chunks, name), "utf8"))
      .join("\n");
    const required = new Set(
      [...code.matchAll(/require\("(node:[^"]*)"\)/g)].map(([, name]) => name),
    );
    expect([...required].sort()).toEqual(["node:async_hooks", "node:buffer"]);
  });
});

test("middleware on the Node.js runtime meets its handlers in the process", async () => {
  app = await startNextApp("middleware-node", {
    "middleware.ts": variant("middleware-node.ts"),
  });
  for (const remaining of [4, 3]) {
    const response = await app.ask("GET /api/plain", "member");
    expect(await response.json()).toMatchObject([{ charged: 1, remaining }]);
  }
  const body = JSON.stringify({ used: 3 });
  const chat = await app.ask("POST /api/chat", "member", { headers: json, body });
  expect(await chat.json()).toMatchObject({ used: 3 });
  expect(app.output()).not.toContain("receiptSecret");
});

interface SourceMap {
  readonly sources?: readonly string[];
  readonly sourcesContent?: readonly (string | null)[];
  readonly sections?: readonly { readonly map: SourceMap }[];
}

interface Source {
  readonly path: string;
  readonly text: string;
}

function sourcesOf({ sources = [], sourcesContent = [], sections = [] }: SourceMap): Source[] {
  return [
    ...sources.map((path, i) => ({ path, text: sourcesContent[i] ?? "" })),
    ...sections.flatMap(({ map }) => sourcesOf(map)),
  ];
}
