/** Hono's other runtimes: nothing is asked of them but web standards. */
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { build } from "vite";
import { beforeAll, describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

/** Bundles a file as for a runtime that has no Node; what is `external` stays an import. */
async function bundle(entry: string, external: (id: string) => boolean = () => false) {
  const built = await build({
    configFile: false,
    logLevel: "error",
    resolve: { tsconfigPaths: true, conditions: ["workerd", "worker", "browser", "import"] },
    build: {
      write: false,
      minify: false,
      target: "es2022",
      lib: {
        entry: join(root, entry),
        name: "app",
        formats: [external("@flux/core") ? "es" : "iife"],
      },
      rollupOptions: { external },
    },
  });
  const [first] = [built].flat();
  if (first === undefined || !("output" in first)) throw new Error("nothing was built");
  return first.output[0];
}

test("the adapter imports nothing but Hono and the core", async () => {
  const { imports } = await bundle("packages/hono/src/index.ts", (id) => /^[@\w]/.test(id));
  expect(imports.length).toBeGreaterThan(2);
  for (const specifier of imports) expect(specifier).toMatch(/^(@flux\/core(\/web)?$|hono\/)/);
});

/** What every web-interoperable runtime has (WinterTC's minimum common API), and nothing of Node. */
const standard = [
  "AbortController",
  "AbortSignal",
  "Blob",
  "DOMException",
  "Event",
  "EventTarget",
  "FormData",
  "Headers",
  "ReadableStream",
  "Request",
  "Response",
  "TextDecoder",
  "TextEncoder",
  "TransformStream",
  "URL",
  "URLSearchParams",
  "WritableStream",
  "atob",
  "btoa",
  "clearTimeout",
  "console",
  "crypto",
  "fetch",
  "performance",
  "queueMicrotask",
  "setTimeout",
  "structuredClone",
] as const;

describe("the example's app where there is no Node", () => {
  let serve: (request: Request) => Promise<Response>;

  beforeAll(async () => {
    const { code } = await bundle("examples/hono/edge.ts");
    expect(code).not.toMatch(/["']node:|__vite-browser-external/);
    const context = createContext(
      Object.fromEntries(standard.map((name) => [name, globalThis[name]])),
    );
    runInContext(code, context);
    expect(runInContext("typeof process + typeof Buffer + typeof require", context)).toBe(
      "undefinedundefinedundefined",
    );
    serve = (context.app as { fetch: typeof serve }).fetch;
  });

  const ask = (request: string, headers: Record<string, string> = {}, body?: string) => {
    const [method, path] = request.split(" ") as [string, string];
    const url = `https://reports.example.com${path}`;
    return serve(new Request(url, { method, headers, ...(body !== undefined && { body }) }));
  };
  const key = { "x-api-key": "acorn-app-demo-key" };

  test("lets in and refuses", async () => {
    expect(await (await ask("GET /health")).json()).toEqual({ status: "ok" });
    const refused = await ask("GET /reports/7");
    expect(refused.status).toBe(401);
    expect(refused.headers.get("content-type")).toBe("application/problem+json");
    const allowed = await ask("GET /reports/7", key);
    expect(await allowed.json()).toEqual({ report: "7", tenant: "acorn" });
    expect(allowed.headers.get("ratelimit")).toMatch(/^"api";r=5;/);
    expect((await ask("GET /internal/tenants", key)).status).toBe(403);
    expect(
      (await ask("GET /internal/tenants", { "x-api-key": "staff-console-demo-key" })).status,
    ).toBe(200);
  });

  test("settles streams, and refunds those that nobody reads to the end", async () => {
    const used = async () => {
      const usage = (await (await ask("GET /usage", key)).json()) as {
        "ai-tokens": { used: number };
      };
      return usage["ai-tokens"].used;
    };
    await (await ask("POST /chat", key, '{ "ask": "a haiku" }')).text();
    expect(await used()).toBe(523);
    await (await ask("POST /chat", key, '{ "ask": "a novel" }')).body?.cancel();
    await expect.poll(used).toBe(523);
  });

  test("counts clients by the runtime's own word on their address", async () => {
    const login = async (address: string) =>
      (await ask("POST /login", { "cf-connecting-ip": address })).status;
    for (let guess = 0; guess < 5; guess++) expect(await login("203.0.113.7")).toBe(401);
    expect(await login("203.0.113.7")).toBe(429);
    expect(await login("203.0.113.8")).toBe(401);
  });
});
