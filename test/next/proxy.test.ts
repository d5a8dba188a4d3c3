/** `proxy.ts` in front of guarded handlers, actions and components, as `next build` and `next start` run them. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { until } from "../express/support.ts";
import { buildTimeout } from "./build.ts";
import { left, type NextApp, startNextApp, variant } from "./support.ts";

vi.setConfig({ hookTimeout: buildTimeout, testTimeout: 20_000 });

let app: NextApp;
beforeEach(async () => {
  app = await startNextApp("proxy", { "proxy.ts": variant("proxy.ts") });
});
afterEach(() => app?.close());

const json = { "content-type": "application/json" };

test("the config's routes hold for handlers that guard nothing themselves", async () => {
  expect((await app.ask("GET /api/open")).status).toBe(200);
  const stranger = await app.ask("POST /api/plain");
  expect(stranger.status).toBe(401);
  expect(stranger.headers.get("content-type")).toBe("application/problem+json");
  expect(await stranger.json()).toMatchObject({ code: "unauthenticated" });
  const member = await app.ask("POST /api/plain", "member");
  expect(await member.json()).toEqual({ bare: true });
  expect(left(member)).toBe(4);
});

test("proxy and guard charge each limit once", async () => {
  for (const remaining of [4, 3, 2, 1, 0]) {
    const response = await app.ask("GET /api/plain", "member");
    expect(left(response)).toBe(remaining);
    expect(await response.json()).toMatchObject([{ name: "api", charged: 1, remaining }]);
  }
  const refused = await app.ask("GET /api/plain", "member");
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  expect((await app.ask("GET /api/plain", "other")).status).toBe(200);
});

test("a guard that asks for more charges the difference, and guards in guards charge once", async () => {
  expect(await (await app.ask("PUT /api/plain", "member")).json()).toMatchObject([
    { charged: 3, remaining: 2 },
  ]);
  expect(await (await app.ask("GET /api/nested", "other")).json()).toMatchObject([
    { charged: 1, remaining: 4 },
  ]);
});

test("a guard's refusal gives back what the proxy charged", async () => {
  for (let asked = 0; asked < 8; asked++)
    expect((await app.ask("DELETE /api/plain", "member")).status).toBe(403);
  expect(left(await app.ask("GET /api/plain", "member"))).toBe(4);
});

test("a reservation of the proxy is settled in the handler", async () => {
  const chat = (body: object) =>
    app.ask("POST /api/chat", "member", { headers: json, body: JSON.stringify(body) });
  expect(await (await chat({ used: 3 })).json()).toMatchObject({ used: 3, remaining: 97 });
  expect((await chat({ fail: true })).status).toBe(502);
  expect(await (await chat({})).json()).toMatchObject({ used: 13 });
});

test("a path that the matcher leaves out is decided by its own guard", async () => {
  expect((await app.ask("GET /outside")).status).toBe(401);
  const response = await app.ask("GET /outside", "member");
  expect(left(response)).toBe(4);
});

describe("how a response ends", () => {
  test("a handler that throws, and what Next throws on purpose", async () => {
    for (const [how, status] of [
      ["", 500],
      ["not-found", 404],
      ["redirect", 307],
    ] as const) {
      const response = await app.ask(`GET /api/throw?how=${how}`, "member");
      expect(response.status).toBe(status);
      expect(left(response)).toBe(4);
    }
  });

  test.each(["GET", "HEAD"])("a status that gives back, asked for by %s", async (method) => {
    for (let asked = 0; asked < 7; asked++) {
      const response = await app.ask(`${method} /api/gone`, "member");
      expect([response.status, left(response)]).toEqual([410, 4]);
      await response.text();
    }
  });

  test("a client that leaves in the middle of a stream", async () => {
    for (let asked = 0; asked < 7; asked++) {
      const gone = new AbortController();
      const response = await app.ask("GET /api/stream", "member", { signal: gone.signal });
      expect(left(response)).toBe(4);
      await response.body?.getReader().read();
      gone.abort();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });

  test("a stream that is read to its end stays charged", async () => {
    const whole = await app.ask("GET /api/stream", "member");
    expect((await whole.text()).length).toBe(10_010);
    expect(left(await app.ask("GET /api/stream", "member"))).toBeLessThan(4);
  });
});

describe("headers that a client sends", () => {
  const forged = {
    "x-flux-pass": "00000000-0000-0000-0000-000000000000",
    "x-flux-receipt": "eyJhbGciOiJub25lIn0.e30.",
    "x-flux-decision": '{"allowed":true}',
    "x-middleware-subrequest": "proxy:proxy:proxy:proxy:proxy",
    "x-middleware-next": "1",
    "x-middleware-rewrite": "/api/open",
    "x-middleware-override-headers": "authorization",
    "x-middleware-request-authorization": "Bearer x",
    "x-middleware-set-cookie": "session=x",
  };

  test("change no decision", async () => {
    for (const path of ["/api/plain", "/outside", "/api/staff"]) {
      const response = await app.ask(`GET ${path}`, undefined, { headers: forged });
      expect(response.status, path).toBe(401);
    }
    expect((await app.ask("GET /api/staff", "member", { headers: forged })).status).toBe(403);
    for (const remaining of [4, 3])
      expect(left(await app.ask("GET /api/plain", "member", { headers: forged }))).toBe(remaining);
    expect(left(await app.ask("GET /outside", "member", { headers: forged }))).toBe(2);
  });

  test("reach no handler under Flux's names", async () => {
    const response = await app.ask("GET /api/seen", "member", { headers: forged });
    const seen = (await response.json()) as Record<string, string>;
    expect(Object.keys(seen).filter((name) => name.startsWith("x-flux-"))).toEqual(["x-flux-pass"]);
    expect(seen["x-flux-pass"]).not.toBe(forged["x-flux-pass"]);
    expect(JSON.stringify([...response.headers])).not.toContain(seen["x-flux-pass"]);
  });

  test("a name that served once serves nobody again", async () => {
    const seen = (await (await app.ask("GET /api/seen", "member")).json()) as Record<
      string,
      string
    >;
    const pass = seen["x-flux-pass"] as string;
    const response = await app.ask("GET /outside", "member", { headers: { "x-flux-pass": pass } });
    expect(left(response)).toBe(3);
  });
});

describe("a pass that leaks", () => {
  const passOf = async (client: "staff" | "member") => {
    const response = await app.ask("POST /api/unguarded", client);
    return { "x-flux-pass": ((await response.json()) as { pass: string }).pass };
  };

  test("identifies nobody", async () => {
    const headers = await passOf("staff");
    expect((await app.ask("GET /outside", undefined, { headers })).status).toBe(401);
  });

  test("pays for nothing on another path, and for nobody else", async () => {
    expect(left(await app.ask("GET /outside", "member", { headers: await passOf("member") }))).toBe(
      3,
    );
    expect(left(await app.ask("GET /outside", "other", { headers: await passOf("member") }))).toBe(
      4,
    );
  });
});

test.each(["favicon.icoX", "faviconXico", "favicon.ico", "_next", "outsideX", "outside"])(
  "the matcher lets nobody past the proxy by /%s/admin",
  async (locale) => {
    const response = await app.ask(`GET /${locale}/admin`);
    expect(await response.text()).not.toContain("the secret of");
    expect([401, 404]).toContain(response.status);
    const member = await (await app.ask("GET /en/admin", "member")).text();
    expect(member).toContain("the secret of");
  },
);

test("a limit by address counts what the proxies in front say", async () => {
  const ring = (forwarded: string) =>
    app.ask("POST /api/ring", undefined, { headers: { "x-forwarded-for": forwarded } });
  expect((await ring("203.0.113.1")).status).toBe(200);
  expect((await ring("198.51.100.9, 203.0.113.1")).status).toBe(200);
  expect((await ring("198.51.100.7, 203.0.113.1")).status).toBe(429);
  expect((await ring("203.0.113.2")).status).toBe(200);
});

test("a preflight of a path that no route names is Next's to answer", async () => {
  const preflight = { origin: "https://app.test", "access-control-request-method": "GET" };
  const response = await app.ask("OPTIONS /api/staff", undefined, { headers: preflight });
  expect(response.status).toBe(204);
  expect((await app.ask("OPTIONS /api/staff")).status).toBe(401);
  expect((await app.ask("OPTIONS /api/plain", undefined, { headers: preflight })).status).toBe(401);
});

describe("pages", () => {
  const html = { accept: "text/html" };
  const read = (text: string, id: string) =>
    new RegExp(`id="${id}">([^<]*)<`).exec(text)?.[1] ?? "";

  test("know who asks, without charging", async () => {
    const stranger = await (await app.ask("GET /account", undefined, { headers: html })).text();
    expect([read(stranger, "who"), read(stranger, "exports")]).toEqual([
      "nobody",
      "unauthenticated",
    ]);
    for (let asked = 0; asked < 8; asked++) {
      const cookie = { ...html, cookie: `session=${await app.tokenFor("member")}` };
      const text = await (await app.ask("GET /account", undefined, { headers: cookie })).text();
      expect([read(text, "who"), read(text, "same")]).toEqual(["member", "true"]);
      expect([read(text, "exports"), read(text, "api")]).toEqual([
        "feature_unavailable",
        "allowed",
      ]);
    }
    const other = await (await app.ask("GET /account", "other", { headers: html })).text();
    expect(read(other, "exports")).toBe("allowed");
    expect(left(await app.ask("GET /api/plain", "member"))).toBe(4);
  });

  test("redirect to sign in where onDenied says so, and answer programs by a problem", async () => {
    const page = await app.ask("GET /nowhere", undefined, { headers: html });
    expect([page.status, page.headers.get("location")]).toEqual([303, "/sign-in"]);
    expect(page.headers.get("cache-control")).toBe("no-store");
    expect((await app.ask("GET /nowhere")).status).toBe(401);
    expect((await app.ask("GET /sign-in", undefined, { headers: html })).status).toBe(200);
  });
});

describe("server actions", () => {
  /** Posts a form as a browser without scripts does. */
  async function submit(
    form: "save" | "spend" | "both",
    fields: Record<string, string>,
    headers: Readonly<Record<string, string>>,
  ) {
    const path = form === "both" ? "/parallel" : "/form";
    const page = await (await app.ask(`GET ${path}`)).text();
    const name = new RegExp(`id="${form}".*?name="(\\$ACTION_ID_[0-9a-f]+)"`).exec(page)?.[1];
    const body = new FormData();
    body.set(name as string, "");
    for (const [key, value] of Object.entries(fields)) body.set(key, value);
    return app.ask(`POST ${path}`, undefined, { headers: { origin: app.url, ...headers }, body });
  }
  const cookieOf = async (client: "member" | "other") => ({
    cookie: `session=${await app.tokenFor(client)}`,
    "sec-fetch-site": "same-origin",
  });

  test("run for those who may, with the guard's decision at hand", async () => {
    const response = await submit("save", { note: "hello" }, await cookieOf("member"));
    expect(response.status).toBe(200);
    await until(() => app.output().includes("saved hello for acorn"));
    expect(left(await app.ask("GET /outside", "member"))).toBe(3);
  });

  test("are refused to strangers and to pages of other origins", async () => {
    await submit("save", { note: "stranger" }, {});
    const { cookie } = await cookieOf("member");
    await submit("save", { note: "elsewhere" }, { cookie, "sec-fetch-site": "cross-site" });
    await until(() => app.output().includes("FLUX_DENIED;forbidden"));
    expect(app.output()).toContain("FLUX_DENIED;unauthenticated");
    expect(app.output()).not.toMatch(/saved (stranger|elsewhere)/);
  });

  test("settle what they used, and go on to another page", async () => {
    await submit("spend", { used: "20" }, await cookieOf("member"));
    await until(() => app.output().includes("spent, 80 left"));
    const gone = await submit("save", { note: "go" }, await cookieOf("member"));
    expect([gone.status, gone.headers.get("location")]).toEqual([303, "/sign-in"]);
  });

  test("that run at the same time know each its own decision", async () => {
    await submit("both", {}, await cookieOf("member"));
    await until(() => app.output().includes("parallel:"));
    expect(app.output()).toMatch(/parallel: \[\[[13],[13]\],[13]\] then 1/);
    // All of them are one request: the limit is charged once, by the largest cost.
    expect(left(await app.ask("GET /outside", "member"))).toBe(1);
  });

  test("a denial tells the browser its code, and nothing of the config", async () => {
    await submit("spend", { used: "90" }, await cookieOf("member"));
    await submit("spend", {}, await cookieOf("member"));
    await until(() => app.output().includes("FLUX_DENIED;quota_exceeded"));
  });
});
