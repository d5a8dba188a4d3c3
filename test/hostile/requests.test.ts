import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type HostileApp, startApp } from "./app.ts";
import { type Identity, marker, startIdentity } from "./identity.ts";
import { RawClient, type RawResponse, request } from "./raw-http.ts";

type Header = readonly [string, string];

let identity: Identity;
let app: HostileApp;
let client: RawClient;
let reader: Header;

beforeAll(async () => {
  identity = await startIdentity();
  app = await startApp(identity);
  client = new RawClient(app.port);
  reader = ["Authorization", `Bearer ${await identity.token()}`];
});
beforeEach(() => {
  app.seen.reached.length = 0;
});
afterAll(async () => {
  client.close();
  await app.close();
  await identity.close();
  expect(app.seen.errors).toEqual([]);
});

const acme: Header = ["x-tenant", "acme"];
const send = (method: string, target: string, headers: readonly Header[] = []) =>
  client.send(request(method, target, headers));

function expectProblem(response: RawResponse, status: number, code: string, of = ""): void {
  const type = response.headers.get("content-type");
  const told =
    type === "application/problem+json" && response.body !== ""
      ? (JSON.parse(response.body) as { code: string }).code
      : code;
  expect([of, response.status, type, told]).toEqual([of, status, "application/problem+json", code]);
  expect(response.head + response.body).not.toContain(marker);
  expect(app.seen.reached).toEqual([]);
}

/** Of one path, the ways to write it that some framework takes for the same. */
const spellings = (path: string) => [
  path,
  path.toUpperCase(),
  `${path}/`,
  `${path}//`,
  `/${path}`,
  `//${path}`,
  path.replace("/", "/").replaceAll("n", "%6e"),
  path.replaceAll("n", "%6E"),
  path.replaceAll("n", "%256e"),
  `${path};a=b`,
  path.replace(/^\/\w+/, "$&;a=b"),
  `${path}?x=/health`,
  `${path}?`,
  `${path}/?_method=GET`,
  `http://api.example.com${path}`,
  `https://other.example.com${path}`,
  `HTTP://API.example.com:80${path}`,
];

describe("a path", () => {
  it("protects what it leads to, however it is spelt", async () => {
    for (const [method, path, status, code] of [
      ["GET", "/internal/tenants", 403, "forbidden"],
      ["HEAD", "/internal/tenants", 403, "forbidden"],
      ["PROPFIND", "/internal/tenants", 403, "forbidden"],
      ["GET", "/beta", 404, "flag_off"],
      ["HEAD", "/beta", 404, "flag_off"],
      ["POST", "/chat", 429, "quota_exceeded"],
    ] as const)
      for (const target of spellings(path)) {
        const response = await send(method, target, [reader, acme]);
        // A spelling that leads nowhere may get Express's own 404, once Flux knows the caller.
        if (response.status === 404 && code !== "flag_off") expect(app.seen.reached).toEqual([]);
        else if (response.headers.get("content-type")?.startsWith("text/html"))
          expect([target, response.status]).toEqual([target, 404]);
        else expectProblem(response, status, code, target);
      }
  });

  it("asks a stranger for credentials, however it is spelt", async () => {
    for (const path of ["/reports/7", "/admin/7", "/internal/x", "/nowhere"])
      for (const target of spellings(path))
        expectProblem(await send("GET", target), 401, "unauthenticated", target);
  });

  it("that cannot be read safely is a bad request, whoever asks", async () => {
    for (const target of [
      "/internal%2ftenants",
      "/internal%2Ftenants",
      "/internal%252ftenants",
      "/internal%5ctenants",
      "/internal\\tenants",
      "/health/../internal/tenants",
      "/health/%2e%2e/internal/tenants",
      "/health/%252e%252e/internal/tenants",
      "/health/..;/internal/tenants",
      "/health/.;x/internal/tenants",
      "/./internal/tenants",
      "/internal/tenants/.",
      "/internal/tenants%00",
      "/internal/tenants%00.css",
      "/internal/tenants%0d%0aset-cookie:a=b",
      "/internal/tenants%1f",
      "/internal/tenants%7f",
      "/internal/%",
      "/internal/%zz",
      "/internal/%c0%af",
      "/internal/%ed%a0%80",
      "/internal/%e9",
      "/internal/caf\u00e9",
      "/health#/internal",
      `/${"a/".repeat(300)}`,
      `/${"a".repeat(9_000)}`,
      "*",
      "internal/tenants",
      "http://user@api.example.com/internal/tenants",
      "http://api.example.com\\@evil/internal",
      // Express takes the rest of a malformed host for the path: "/:b/health", which is another route.
      "http://a:b/health",
      "http://a~b/health",
      "http://::1/health",
      "http://a:80:80/health",
      "ftp://api.example.com/internal/tenants",
      "/health/\u00ff",
    ])
      for (const headers of [[], [reader, acme]]) {
        const response = await send("GET", target, headers);
        // What is no request target at all, Node's parser refuses before anyone sees it.
        if (response.closed)
          expect([target, response.status, response.body]).toEqual([target, 400, ""]);
        else expectProblem(response, 400, "bad_request", target);
      }
  });
});

it("a target without a path reaches nobody: Express answers it itself", async () => {
  for (const target of ["http://", "https://", "http://[::1/health", "http://]/health"]) {
    const response = await send("GET", target, [reader, acme]);
    expect([target, response.status]).toEqual([target, 404]);
    expect(app.seen.reached).toEqual([]);
  }
});

describe("a method", () => {
  it("that a header or the query would override, is held to both", async () => {
    for (const override of [
      ["X-HTTP-Method-Override", "GET"],
      ["X-HTTP-Method", "GET"],
      ["X-Method-Override", "get"],
      ["X-HTTP-Method-Override", "DELETE, GET"],
    ] as const) {
      expectProblem(await send("POST", "/reports/7", [override]), 401, "unauthenticated");
    }
    // POST /login is open to all; what another method would be there is not.
    const override: Header = ["X-HTTP-Method-Override", "PATCH"];
    expectProblem(await send("POST", "/login", [override]), 401, "unauthenticated");
    expectProblem(await send("POST", "/login?_method=DELETE"), 401, "unauthenticated");
    expectProblem(await send("POST", "/login?%5fmethod=DELETE"), 401, "unauthenticated");
    expect((await send("GET", "/health", [["X-HTTP-Method-Override", "DELETE"]])).status).toBe(200);
  });

  it("of thousands of overrides is answered", async () => {
    const many = Array.from({ length: 3_000 }, (_, i) => `M${String.fromCharCode(65 + (i % 26))}`);
    const response = await send("POST", "/internal/x", [
      ["X-HTTP-Method-Override", many.join(",")],
    ]);
    expectProblem(response, 401, "unauthenticated");
  });

  it("OPTIONS is a preflight only where no route of the config takes it, and reaches no handler", async () => {
    const preflight: Header[] = [
      ["Origin", "https://evil.example.com"],
      ["Access-Control-Request-Method", "POST"],
    ];
    expectProblem(await send("OPTIONS", "/internal/tenants", preflight), 401, "unauthenticated");
    expectProblem(await send("OPTIONS", "/reports/7"), 401, "unauthenticated");
    expectProblem(
      await send("OPTIONS", "/reports/7", [preflight[0] as Header]),
      401,
      "unauthenticated",
    );
    for (const target of ["/reports/7", "/exports", "/admin/7"]) {
      const response = await send("OPTIONS", target, preflight);
      expect([target, response.status]).toEqual([target, 200]);
      expect(response.headers.get("allow")).toMatch(/GET|POST/);
    }
    expect(app.seen.reached).toEqual([]);
  });
});

describe("what a request says of itself", () => {
  it("is not believed: no header of a client makes it somebody else", async () => {
    for (const header of [
      ["x-flux-principal", "admin"],
      ["x-flux-tenant", "globex"],
      ["x-flux-decision", "allowed"],
      ["x-flux-receipt", "1"],
      ["x-middleware-subrequest", "middleware"],
      ["X-Original-URL", "/health"],
      ["X-Rewrite-URL", "/health"],
      ["X-Forwarded-Prefix", "/health"],
      ["X-Forwarded-Host", "localhost"],
      ["X-Forwarded-User", "admin"],
      ["X-Forwarded-For", "127.0.0.1"],
      ["X-Real-IP", "127.0.0.1"],
      ["Forwarded", "for=127.0.0.1;host=localhost"],
      ["__proto__", "x"],
      ["constructor", "x"],
      ["toString", "x"],
    ] as const) {
      expectProblem(await send("GET", "/internal/x", [header]), 401, "unauthenticated", header[0]);
      expectProblem(
        await send("GET", "/internal/x", [header, reader, acme]),
        403,
        "forbidden",
        header[0],
      );
    }
  });

  it("in X-Forwarded-For earns no fresh counter", async () => {
    const fresh = await startApp(identity);
    const client = new RawClient(fresh.port);
    const statuses: number[] = [];
    for (let i = 0; i < 8; i++) {
      const headers: Header[] = [
        ["X-Forwarded-For", `203.0.113.${i}`],
        ["X-Real-IP", `203.0.113.${i}`],
        ["Forwarded", `for=203.0.113.${i}`],
      ];
      statuses.push((await client.send(request("POST", "/login", headers))).status);
    }
    client.close();
    await fresh.close();
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
  });

  it("of its tenant counts only where it belongs to that one", async () => {
    const names = [
      "globex",
      "ACME",
      "acme:",
      "acme,globex",
      "acme, acme",
      "__proto__",
      "constructor",
      "toString",
      "hasOwnProperty",
      "*",
      "%61cme",
      '"acme"',
      "acme\u00e9",
      "\u00e9",
      `${marker}`,
      "a".repeat(256),
    ];
    for (const name of names)
      expectProblem(
        await send("GET", "/reports/7", [reader, ["x-tenant", name]]),
        403,
        "forbidden",
        name,
      );
    for (const name of ["a".repeat(257), "x".repeat(10_000), marker.repeat(100)]) {
      const response = await send("GET", "/reports/7", [reader, ["x-tenant", name]]);
      expectProblem(response, 400, "bad_request", name.slice(0, 20));
    }
    const twice = await send("GET", "/reports/7", [reader, acme, ["X-Tenant", "globex"]]);
    expectProblem(twice, 403, "forbidden");
    expectProblem(await send("GET", "/reports/7", [reader]), 403, "forbidden");
  });

  it("cannot smuggle line ends: Node refuses what holds them", async () => {
    for (const value of ["acme\r\n bad", "acme\u0000", "acme\rx", "acme\nx: y\u0000"]) {
      const response = await send("GET", "/reports/7", [reader, ["x-tenant", value]]);
      expect([value, response.status, response.closed]).toEqual([value, 400, true]);
    }
    expect(app.seen.reached).toEqual([]);
  });

  it("in claims never comes back in a header or a body", async () => {
    for (const value of [
      `${marker}\r\nset-cookie: a=b`,
      `${marker}", r=1`,
      `${marker},b`,
      `${marker}\u0000`,
      marker.repeat(80),
      `${marker}\u{1f600}`,
    ]) {
      const claims = {
        sub: value,
        orgs: ["acme", value],
        scope: value,
        roles: [value],
        group: value,
      };
      const token: Header = ["Authorization", `Bearer ${await identity.token(claims)}`];
      expectProblem(
        await send("GET", "/reports/7", [token, acme]),
        403,
        "insufficient_scope",
        value,
      );
      expectProblem(await send("GET", "/internal/x", [token, acme]), 403, "forbidden", value);
      expectProblem(await send("GET", "/beta", [token, acme]), 404, "flag_off", value);
      expectProblem(await send("POST", "/chat", [token, acme]), 429, "quota_exceeded", value);
    }
  });
});
