/** Which credential of a request counts, and which requests are refused: the same here as in production. */
import { SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import type { FluxConfig } from "../config/config-types.ts";
import { defineFlux } from "../define-flux.ts";
import type { Flux } from "../engine/flux.ts";
import type { HeadersLike } from "../facts/facts.ts";
import { testFlux } from "./index.ts";

const start = Date.UTC(2030, 0, 1);
const secret = "32 bytes or more, only for tests";
const jwt = { issuer: "https://idp.example.com", audience: "api", secret };
const apiKeys = { header: "x-api-key", lookup: () => null };
const custom = () => undefined;

const auths = {
  none: {},
  jwt: { jwt },
  apiKeys: { apiKeys },
  "jwt and apiKeys": { jwt, apiKeys },
  custom: { custom },
  "jwt and custom": { jwt, custom },
  "apiKeys and custom": { apiKeys, custom },
  "jwt, by cookie too": { jwt, cookie: "session" },
  "a cookie that nobody reads": { apiKeys, cookie: "session" },
  all: { jwt, apiKeys, custom, cookie: "session" },
} satisfies Record<string, FluxConfig["auth"]>;
type Auth = keyof typeof auths;

const key = "a-key-of-some-length";
const basic = "Basic YTpi";
const digest = 'Digest username="a", realm="b"';
type Sent = Readonly<Record<string, string | readonly string[]>>;

/** `T` stands for a token. */
const requests: Record<string, Sent> = {
  nothing: {},
  "an empty Authorization header": { authorization: "" },
  "an Authorization header without a value": { authorization: [] },
  "a bearer token": { authorization: "Bearer T" },
  "a bearer token in another spelling": { authorization: "bearer  T" },
  "a bearer token in an array": { authorization: ["Bearer T"] },
  "no bearer token": { authorization: "Bearer" },
  "an endless bearer token": { authorization: `Bearer ${"x".repeat(16_385)}` },
  "two bearer tokens": { authorization: ["Bearer T", "Bearer T"] },
  "two bearer tokens, joined": { authorization: "Bearer T, Bearer T" },
  "a bearer token and a key": { authorization: "Bearer T", "x-api-key": key },
  "a bearer token and an empty key": { authorization: "Bearer T", "x-api-key": "" },
  "a foreign scheme": { authorization: basic },
  "a foreign scheme with parameters": { authorization: digest },
  "a foreign scheme and a key": { authorization: basic, "x-api-key": key },
  "a foreign scheme and a key twice": { authorization: basic, "x-api-key": [key, key] },
  "a foreign scheme and a bearer token, joined": { authorization: `${basic}, Bearer T` },
  "a key": { "x-api-key": key },
  "a key in an array": { "x-api-key": [key] },
  "two keys": { "x-api-key": [key, key] },
  "a key with a comma": { "x-api-key": `${key},${key}` },
  "what is too short for a key": { "x-api-key": "k" },
  "a key with a wrong checksum": { "x-api-key": `flux_${"x".repeat(33)}` },
  "a cookie": { cookie: "session=T" },
  "an empty cookie": { cookie: "session=" },
  "an endless cookie": { cookie: `session=${"x".repeat(16_385)}` },
  "two cookies": { cookie: "session=T; session=T" },
  "two cookies, in two headers": { cookie: ["session=T", "session=T"] },
  "another's cookie": { cookie: "other=T" },
  "a cookie and a bearer token": { cookie: "session=T", authorization: "Bearer T" },
  "a cookie and a foreign scheme": { cookie: "session=T", authorization: basic },
  "a cookie and a key": { cookie: "session=T", "x-api-key": key },
};

function fill(sent: Sent, token: string): Sent {
  const written = (value: string) => value.replaceAll(/\bT\b/g, token);
  return Object.fromEntries(
    Object.entries(sent).map(([name, value]) => [
      name,
      typeof value === "string" ? written(value) : value.map(written),
    ]),
  );
}

/** As a web framework gives them: what is repeated is joined. */
function asHeaders(sent: Sent): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(sent))
    for (const each of typeof value === "string" ? [value] : value) headers.append(name, each);
  return headers;
}

const configOf = (auth: Auth): FluxConfig => ({
  auth: auths[auth],
  unmatched: "authenticated",
  logger: { warn() {}, error() {} },
});

/** What is answered the first time and, where something was remembered, the second time; to GET and to POST. */
async function answers(flux: Flux, headers: HeadersLike) {
  const all: object[] = [];
  for (const method of ["GET", "GET", "POST"]) {
    const { code, denials, headers: answered } = await flux.decide({ method, url: "/", headers });
    all.push({ method, code, denials, answered });
  }
  return all;
}

const cases = (Object.keys(auths) as Auth[]).flatMap((auth) =>
  Object.keys(requests).map((name) => ({ auth, name, sent: requests[name] as Sent })),
);

describe("of a stranger: the same answer as in production", () => {
  test.each(cases)("$auth: $name", async ({ auth, sent }) => {
    const now = () => start;
    for (const headers of [fill(sent, "garbage"), asHeaders(fill(sent, "garbage"))]) {
      const real = defineFlux({ ...configOf(auth), now });
      const made = testFlux(configOf(auth), { now: start });
      expect(await answers(made, headers)).toEqual(await answers(real, headers));
    }
  });
});

describe("of a caller with a token: the same answer as in production", () => {
  const withTokens = cases.filter(({ auth }) => "jwt" in auths[auth]);
  test.each(withTokens)("$auth: $name", async ({ auth, sent }) => {
    const real = defineFlux({ ...configOf(auth), now: () => start });
    const made = testFlux(configOf(auth), { now: start });
    const signed = await new SignJWT({ sub: "ann" })
      .setProtectedHeader({ alg: "HS256" })
      .setIssuer(jwt.issuer)
      .setAudience(jwt.audience)
      .setExpirationTime(start / 1_000 + 600)
      .sign(new TextEncoder().encode(secret));
    const issued = made.asPrincipal({ subject: "ann" }).authorization.slice("Bearer ".length);
    for (const form of [(filled: Sent) => filled, asHeaders])
      expect(await answers(made, form(fill(sent, issued)))).toEqual(
        await answers(real, form(fill(sent, signed))),
      );
  });
});

test("what is counted as a guess is the same: a key that cannot be one is none", async () => {
  const config = {
    ...configOf("all"),
    auth: { ...auths.all, failures: { quota: 1, window: "1m" } },
  } as const;
  const real = defineFlux({ ...config, now: () => start });
  const made = testFlux(config, { now: start });
  const codes = async (flux: Flux) => {
    const all: string[] = [];
    for (const value of ["k", "l", `${key}-1`, `${key}-2`, "m"]) {
      const headers = { "x-api-key": value };
      all.push((await flux.decide({ method: "GET", url: "/", headers, ip: "192.0.2.1" })).code);
    }
    return all;
  };
  const expected = ["invalid_token", "invalid_token", "invalid_token", "rate_limited"];
  expect((await codes(real)).slice(0, 4)).toEqual(expected);
  expect(await codes(made)).toEqual(await codes(defineFlux({ ...config, now: () => start })));
});

test("a caller of the test is known whatever the config reads, and stands alone", async () => {
  for (const auth of Object.keys(auths) as Auth[]) {
    const made = testFlux(configOf(auth), { now: start });
    const headers = made.asPrincipal({ subject: "ann" });
    const codeOf = async (more: Sent) =>
      (await made.decide({ method: "GET", url: "/", headers: { ...headers, ...more } })).code;
    expect(await codeOf({})).toBe("allowed");
    expect(await codeOf({ "x-api-key": key })).toBe(
      "apiKeys" in auths[auth] ? "bad_request" : "allowed",
    );
  }
});
