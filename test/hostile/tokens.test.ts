import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type HostileApp, startApp } from "./app.ts";
import { type Identity, marker, startIdentity } from "./identity.ts";
import { RawClient, type RawResponse, request } from "./raw-http.ts";

let identity: Identity;
let app: HostileApp;
let client: RawClient;
let good: string;

beforeAll(async () => {
  identity = await startIdentity();
  app = await startApp(identity);
  client = new RawClient(app.port);
  good = await identity.token();
});
afterAll(async () => {
  client.close();
  await app.close();
  await identity.close();
});

type Header = readonly [string, string];
const ask = (headers: readonly Header[], target = "/reports/7", method = "GET") =>
  client.send(request(method, target, [["x-tenant", "acme"], ...headers]));
const bearer = (token: string): Header => ["Authorization", `Bearer ${token}`];
const code = ({ body }: RawResponse) => (JSON.parse(body) as { code: string }).code;

function expectProblem(response: RawResponse, status: number, expected: string): void {
  expect([response.status, response.headers.get("content-type")]).toEqual([
    status,
    "application/problem+json",
  ]);
  expect(code(response)).toBe(expected);
  expect(response.head + response.body).not.toContain(marker);
}

describe("a token that was not issued for this request", () => {
  it("differs from one that was, which passes from either issuer", async () => {
    expect((await ask([bearer(good)])).status).toBe(200);
    expect((await ask([bearer(await identity.token({}, {}, identity.ec))])).status).toBe(200);
    const long = await identity.token({ exp: 8_640_000_000_000 });
    expect((await ask([bearer(long)])).status).toBe(200);
  });

  it("is refused, whatever was done to it", async () => {
    const reached = app.seen.reached.length;
    const bad = await identity.badTokens();
    expect(bad.size).toBeGreaterThan(120);
    for (const [name, token] of bad) {
      for (const headers of [[bearer(token)], [["Cookie", `session=${token}`] as const]]) {
        const isCookie = headers[0]?.[0] === "Cookie";
        // An empty cookie, or one whose name white space has changed, is no credential.
        const nothing = isCookie && token === "";
        const response = await ask(headers, "/optional");
        if (nothing) continue;
        expect([name, response.status, code(response)]).toEqual([name, 401, "invalid_token"]);
        const challenge = response.headers.get("www-authenticate");
        expect([name, challenge]).toEqual([
          name,
          expect.stringMatching(
            /^Bearer realm="api", error="invalid_token", error_description="[a-zA-Z' ]+"$/,
          ),
        ]);
        expect(response.head + response.body).not.toContain(marker);
      }
    }
    // The one with an empty cookie is a stranger's request, which the optional route takes.
    expect(app.seen.reached.slice(reached)).toEqual(["GET /optional"]);
    expect(app.seen.errors).toEqual([]);
  }, 60_000);

  it("is refused on a second try, too, and does not harm the good one", async () => {
    const bad = [...(await identity.badTokens()).values()].slice(0, 40);
    for (const token of [...bad, ...bad]) expect((await ask([bearer(token)])).status).toBe(401);
    expect((await ask([bearer(good)])).status).toBe(200);
  });

  it("is refused by Node where its header is larger than 16 kB", async () => {
    const response = await ask([bearer(`${good}${"A".repeat(17_000)}`)]);
    expect(response.status).toBe(431);
  });
});

describe("more than one credential", () => {
  const both = async (first: Header, second: Header) =>
    expectProblem(await ask([first, second]), 400, "bad_request");

  it("in the Authorization header, in any order and spelling, is a bad request", async () => {
    const other = await identity.token({ sub: "other" });
    await both(bearer(good), bearer(other));
    await both(bearer("x.y.z"), bearer(good));
    await both(bearer(good), bearer(good));
    await both(bearer(good), ["authorization", "Basic YTpi"]);
    await both(["AUTHORIZATION", ""], bearer(good));
    expectProblem(await ask([bearer(`${good}, Bearer ${other}`)]), 400, "bad_request");
    expectProblem(await ask([bearer(`${good},${other}`)]), 400, "bad_request");
  });

  it("of different kinds, or twice the same key, is a bad request", async () => {
    const key = app.keys.good.key;
    await both(bearer(good), ["x-api-key", key]);
    await both(["x-api-key", key], ["x-api-key", key]);
    await both(["x-api-key", key], ["X-API-KEY", app.keys.unknown.key]);
    expectProblem(await ask([["x-api-key", `${key},${key}`]]), 400, "bad_request");
  });

  it("in cookies of one name is a bad request", async () => {
    expectProblem(await ask([["Cookie", `session=${good}; session=x`]]), 400, "bad_request");
    await both(["Cookie", `session=x`], ["Cookie", `session=${good}`]);
    expect((await ask([["Cookie", `session=${good}; Session=x; "session"=y`]])).status).toBe(200);
  });
});

describe("a credential in a cookie", () => {
  it("does nothing unsafe without proof of its origin", async () => {
    const cookie: Header = ["Cookie", `session=${good}`];
    const proofs: readonly (readonly Header[])[] = [
      [],
      [["Origin", "https://evil.example.com"]],
      [["Origin", "null"]],
      [["Origin", "https://app.example.com.evil.com"]],
      [["Origin", "https://app.example.com/"]],
      [["Origin", "http://app.example.com"]],
      [["Sec-Fetch-Site", "cross-site"]],
      [["Sec-Fetch-Site", "same-site"]],
      [["Sec-Fetch-Site", "none"]],
      [["Referer", "https://app.example.com/"]],
    ];
    for (const proof of proofs)
      for (const target of ["/exports", "/chat", "/internal/x"])
        expectProblem(await ask([cookie, ...proof], target, "POST"), 403, "forbidden");
  });

  it("is believed from an origin that the config lists, and from the app's own", async () => {
    const cookie: Header = ["Cookie", `session=${good}`];
    for (const proof of [
      ["Origin", "https://app.example.com"],
      ["Sec-Fetch-Site", "same-origin"],
    ] as const)
      expectProblem(await ask([cookie, proof], "/chat", "POST"), 429, "quota_exceeded");
  });
});

describe("an API key that does not count", () => {
  it("is refused", async () => {
    const { disabled, expired, unknown } = app.keys;
    for (const key of [
      disabled.key,
      expired.key,
      unknown.key,
      `${app.keys.good.key}x`,
      app.keys.good.key.toUpperCase(),
      app.keys.good.hash,
      "__proto__constructor",
      "flux_",
      "",
      "é".repeat(20),
      "k".repeat(10_000),
      marker.repeat(4),
    ])
      expectProblem(await ask([["x-api-key", key]]), 401, "invalid_token");
    expect((await ask([["x-api-key", app.keys.good.key]])).status).toBe(200);
  });
});

describe("whoever guesses credentials", () => {
  it("runs out of guesses, however many are made at once; known-good ones still pass", async () => {
    const strict = await startApp(identity, { quota: 5, window: "1m" });
    const clients = Array.from({ length: 8 }, () => new RawClient(strict.port));
    const [first] = clients as [RawClient];
    const from = (header: Header) => request("GET", "/reports/7", [["x-tenant", "acme"], header]);
    expect((await first.send(from(bearer(good)))).status).toBe(200);
    const guesses = await Promise.all(
      clients.flatMap((each, i) => [
        each.send(
          from(
            i % 2 === 0 ? bearer(`${good}${i}`) : ["x-api-key", `${strict.keys.unknown.key}${i}`],
          ),
        ),
      ]),
    );
    const statuses = guesses.map(({ status }) => status).sort();
    // A key that cannot be one is refused before it is looked up, and counts for nothing.
    expect(statuses.filter((status) => status === 401).length).toBeGreaterThanOrEqual(5);
    for (let i = 0; i < 12; i++) await first.send(from(bearer(`${good}again${i}`)));
    const refused = await first.send(from(bearer(`${good}last`)));
    expectProblem(refused, 429, "rate_limited");
    // No word of what the config calls it.
    expect(refused.head + refused.body).not.toContain("failures");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    // A good one that was never seen has to wait as well; one that is known has not.
    expect((await first.send(from(bearer(await identity.token({ sub: "new" }))))).status).toBe(429);
    expect((await first.send(from(bearer(good)))).status).toBe(200);
    for (const client of clients) client.close();
    await strict.close();
  });
});
