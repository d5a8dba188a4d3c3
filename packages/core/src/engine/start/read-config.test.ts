import { describe, expect, test } from "vitest";
import { FluxError } from "../../errors.ts";
import { readConfig } from "./read-config.ts";

/** The mistakes of a config, a line each, as its error lists them. */
function mistakes(config: unknown): string[] {
  try {
    readConfig(config);
  } catch (error) {
    expect(error).toBeInstanceOf(FluxError);
    const { code, message, problems } = error as FluxError;
    expect(code).toBe("config_invalid");
    const lines = problems.map(({ path, message: told }) =>
      path === "" ? told : `${path}: ${told}`,
    );
    for (const line of lines) expect(message).toContain(`\n  ${line}`);
    return lines;
  }
  return [];
}

const features = {
  exports: { kind: "boolean" },
  seats: { kind: "static" },
  tokens: { kind: "metered", per: "month" },
};
const flags = {
  beta: { state: "ENABLED", variants: { on: true, off: false }, defaultVariant: "off" },
  theme: { state: "ENABLED", variants: { dark: "#000", light: "#fff" } },
};
const limits = {
  api: { quota: 60, window: "1m", by: "principal" },
  ring: { quota: 60, window: "1m", by: "ip" },
};
const plans = { free: { features: { seats: 3 } }, pro: { extends: "free" } };
const whole = { features, flags, limits, plans, defaultPlan: "free" };

test("a sound config has no mistakes, and an empty one neither", () => {
  expect(mistakes(whole)).toEqual([]);
  expect(mistakes({})).toEqual([]);
});

test("all mistakes are told at once: malformed values beside names that nobody defines", () => {
  const config = {
    ...whole,
    defaultPlan: "fre",
    limits: { ...limits, api: { quota: 0, window: "1m", by: "principal" } },
    routes: {
      "GET /a": { flag: "bet", feature: "export" },
      "get /b": {},
      "GET /c": { auth: "non" },
    },
    unmatchd: "deny",
  };
  const told = mistakes(config).join("\n");
  for (const path of [
    "limits.api.quota",
    'routes["GET /c"].auth',
    "defaultPlan",
    'routes["GET /a"].flag',
    'routes["GET /a"].feature',
    'routes["get /b"]',
  ])
    expect(told).toContain(`${path}: `);
  expect(told).toContain('"unmatchd" is no field of the config. Did you mean "unmatched"?');
  expect(() => readConfig(config)).toThrow(/^The config has 7 mistakes:\n/);
  expect(() => readConfig({ now: 1 })).toThrow(/^The config has a mistake:\n {2}now: /);
});

test.each([undefined, null, 3, "config", [], () => ({})])("a config that is none: %s", (config) => {
  expect(mistakes(config)).toEqual([expect.stringMatching(/^expected the config, got /)]);
});

describe("each mistake says where, what was expected, and what was probably meant", () => {
  const issuer = "https://idp.example.com";
  const jwt = { issuer, audience: "https://api.example.com" };
  test.each<[what: string, config: object, line: RegExp]>([
    [
      "a field",
      { route: {} },
      /^"route" is no field of the config\. Did you mean "routes"\? Known: auth, /,
    ],
    [
      "unmatched",
      { unmatched: "public!" },
      /^unmatched: expected "authenticated" or "deny" or "public", got "public!"\. Did you mean "public"\?$/,
    ],
    [
      "onDenied",
      { onDenied: "/login" },
      /^onDenied: expected a function of the decision and the facts, got "\/login"/,
    ],
    [
      "store",
      { store: {} },
      /^store: expected a store, such as memoryStore\(\) or redisStore\(url\), got an object without charge and settle$/,
    ],
    [
      "store without settle",
      { store: { charge() {} } },
      /^store: expected a store, .*, got an object without settle$/,
    ],
    ["no store", { store: [] }, /^store: expected a store, .*, got an object without charge/],
    ["logger", { logger: { warn() {} } }, /^logger: expected an object with warn and error/],

    [
      "no audience",
      { auth: { jwt: { issuer } } },
      /^auth\.jwt\.audience: expected the audience .*audience: false/,
    ],
    [
      "http",
      { auth: { jwt: { ...jwt, issuer: "http://idp.example.com" } } },
      /^auth\.jwt\.issuer: expected an issuer: an https URL/,
    ],
    [
      "second issuer",
      { auth: { jwt: [jwt, { ...jwt, audience: 3 }] } },
      /^auth\.jwt\[1\]\.audience: expected the audience/,
    ],
    [
      "audience",
      { auth: { jwt: { ...jwt, audience: true } } },
      /^auth\.jwt\.audience: expected the audience .*, got true$/,
    ],
    [
      "no audience in a list",
      { auth: { jwt: { ...jwt, audience: [] } } },
      /^auth\.jwt\.audience: expected the audience .*: at least one, got an empty array$/,
    ],
    [
      "issuer that is no URL",
      { auth: { jwt: { ...jwt, issuer: "internal" } } },
      /^auth\.jwt\.issuer: expected an issuer: an https URL .*\(with `jwks` or `secret`: any name\), got "internal"$/,
    ],
    [
      "issuer with a bar",
      { auth: { jwt: { ...jwt, issuer: "a|b", secret: "x".repeat(32) } } },
      /^auth\.jwt\.issuer: expected an issuer: .* without \|/,
    ],
    [
      "issuer of API keys",
      { auth: { jwt: { ...jwt, issuer: "apikey", secret: "x".repeat(32) } } },
      /^auth\.jwt\.issuer: expected an issuer: .*none of "apikey", "custom" and "flux"/,
    ],
    [
      "keys over http",
      { auth: { jwt: { ...jwt, jwks: "http://idp.example.com/keys" } } },
      /^auth\.jwt\.jwks: expected a JSON Web Key Set or its https URL/,
    ],
    [
      "tenants of an issuer",
      { auth: { jwt: { ...jwt, tenants: "acme" } } },
      /^auth\.jwt\.tenants: expected an array of tenants' ids, or a function/,
    ],
    ["no issuer at all", { auth: { jwt: [] } }, /^auth\.jwt: expected at least one issuer$/],
    [
      "short secret",
      { auth: { jwt: { ...jwt, secret: "short" } } },
      /^auth\.jwt\.secret: expected a secret of at least 32 bytes/,
    ],
    [
      "alg none",
      { auth: { jwt: { ...jwt, algorithms: ["none"] } } },
      /^auth\.jwt\.algorithms\[0\]: expected one of RS256, /,
    ],
    [
      "HMAC with a public key",
      { auth: { jwt: { ...jwt, algorithms: ["HS256"] } } },
      /HMAC needs `secret`/,
    ],
    [
      "both",
      { auth: { jwt: { ...jwt, secret: "x".repeat(32), jwks: { keys: [] } } } },
      /^auth\.jwt\.secret: a secret and a key set exclude each other/,
    ],
    [
      "tolerance",
      { auth: { clockTolerance: "6m" } },
      /^auth\.clockTolerance: expected a duration of at most 5 minutes.*got "6m"$/,
    ],
    [
      "origin",
      { auth: { origins: ["https://a.example/"] } },
      /^auth\.origins\[0\]: expected an origin such as/,
    ],
    ["realm", { auth: { realm: 'a"b' } }, /^auth\.realm: expected a realm/],
    [
      "header",
      { auth: { apiKeys: { header: "x api", lookup() {} } } },
      /^auth\.apiKeys\.header: expected a header's name, got "x api"$/,
    ],
    [
      "lookup",
      { auth: { apiKeys: { header: "x-api-key" } } },
      /^auth\.apiKeys\.lookup: expected a function from a key's SHA-256 in hex to its record, got nothing$/,
    ],
    [
      "failures",
      { auth: { failures: { quota: 0, window: "1m" } } },
      /^auth\.failures\.quota: expected a whole number from 1, got 0$/,
    ],

    [
      "kind",
      { features: { a: { kind: "meter" } } },
      /^features\.a\.kind: expected "boolean" or "static" or "metered", got "meter"\. Did you mean "metered"\?$/,
    ],
    [
      "period",
      { features: { a: { kind: "metered" } } },
      /^features\.a\.per: a metered feature needs its period/,
    ],
    [
      "period of a switch",
      { features: { a: { kind: "boolean", per: "day" } } },
      /^features\.a\.per: only a metered feature has `per`$/,
    ],
    [
      "name with a space",
      { features: { "a b": { kind: "boolean" } } },
      /^features\["a b"\]: a name is 1 to 128 visible ASCII characters without spaces$/,
    ],
    ["no name", { flags: { "": flags.beta } }, /^flags\[""\]: a name is 1 to 128 visible ASCII/],
    [
      "our own name",
      { limits: { "auth.failures": limits.ring } },
      /^limits\["auth\.failures"\]: failed credentials are counted by this name/,
    ],
    [
      "plans of a limit",
      { limits: { a: { quota: 1, window: "1s", by: "ip", plans: [] } } },
      /^limits\.a\.plans: expected plans with what the limit is on each, got an empty array$/,
    ],
    [
      "no object",
      { tenant: null },
      /^tenant: expected an object with the fields of tenant, got null$/,
    ],
    [
      "no routes",
      { routes: [] },
      /^routes: expected routes: "METHOD \/path" with what each asks for, got an empty array$/,
    ],
    [
      "no plan",
      { ...whole, plans: { ...plans, team: 3 } },
      /^plans\.team: expected a plan, got 3$/,
    ],
    [
      "an instance of a class",
      { features: new Map([["a", { kind: "boolean" }]]) },
      /^features: expected features by name, got an instance of Map$/,
    ],
    [
      "a hole in an array",
      // biome-ignore lint/suspicious/noSparseArray: it is what is tested.
      { auth: { origins: [, "https://app.example.com"] } },
      /^auth\.origins\[0\]: expected an origin such as .*, got nothing$/,
    ],
    [
      "__proto__",
      { features: JSON.parse('{"__proto__":{"kind":"boolean"}}') },
      /^features: "__proto__" cannot be a name$/,
    ],

    [
      "default plan",
      { plans: { free: {} }, defaultPlan: "fre" },
      /^defaultPlan: "fre" is no plan\. Did you mean "free"\? Known: free\.$/,
    ],
    [
      "no default plan",
      { plans: { free: {} } },
      /^defaultPlan: is needed where there are plans and no tenant\.load/,
    ],
    [
      "extends",
      { ...whole, plans: { free: {}, pro: { extends: "fere" } } },
      /^plans\.pro\.extends: "fere" is no plan\. Did you mean "free"\?/,
    ],
    [
      "itself",
      { ...whole, plans: { free: { extends: "free" } } },
      /^plans\.free\.extends: leads back to the plan itself\.$/,
    ],
    [
      "feature of a plan",
      { ...whole, plans: { free: { features: { seat: 1 } } } },
      /^plans\.free\.features\.seat: "seat" is no feature\. Did you mean "seats"\?/,
    ],
    [
      "switch",
      { ...whole, plans: { free: { features: { exports: 1 } } } },
      /^plans\.free\.features\.exports: expected true or false/,
    ],
    [
      "static",
      { ...whole, plans: { free: { features: { seats: {} } } } },
      /^plans\.free\.features\.seats: expected a number, a string or a boolean/,
    ],
    [
      "-1",
      { ...whole, plans: { free: { features: { tokens: -1 } } } },
      /^plans\.free\.features\.tokens: expected a whole number of units from 0 to 2\^53 - 1, or "unlimited"/,
    ],
    [
      "Infinity",
      { ...whole, plans: { free: { features: { tokens: Infinity } } } },
      /^plans\.free\.features\.tokens: expected a whole number/,
    ],
    [
      "inherited by name only",
      { ...whole, defaultPlan: "toString" },
      /^defaultPlan: "toString" is no plan\./,
    ],

    [
      "flag's state",
      { flags: { a: { state: "ON", variants: { on: true } } } },
      /^flags\.a\.state: expected "ENABLED" or "DISABLED"/,
    ],
    [
      "default variant",
      { flags: { a: { state: "ENABLED", variants: { on: true }, defaultVariant: "onn" } } },
      /^flags\.a\.defaultVariant: .*Did you mean "on"\?$/,
    ],

    [
      "by",
      { limits: { a: { quota: 1, window: "1s", by: "user" } } },
      /^limits\.a\.by: expected "ip", "principal", "tenant", "apiKey" or a function of the facts, got "user"$/,
    ],
    [
      "window",
      { limits: { a: { quota: 1, window: "1 min", by: "ip" } } },
      /^limits\.a\.window: expected a duration from 1 µs to 366 days, as "250ms".*got "1 min"$/,
    ],
    [
      "quota",
      { limits: { a: { quota: 1.5, window: "1s", by: "ip" } } },
      /^limits\.a\.quota: expected a whole number from 1 to 2\^53 - 1, got 1\.5$/,
    ],
    [
      "faster than time",
      { limits: { a: { quota: 2_000, window: 1, by: "ip" } } },
      /^limits\.a: quota must be at most one unit per microsecond/,
    ],
    [
      "longer than time",
      { limits: { a: { quota: 1, window: "365d", burst: 1_000, by: "ip" } } },
      /^limits\.a: burst × window \/ quota must be at most/,
    ],
    [
      "tenant without tenants",
      { limits: { a: { quota: 1, window: "1s", by: "tenant" } } },
      /^limits\.a\.by: counts by tenant, but the config has no `tenant`/,
    ],
    [
      "keys without keys",
      { limits: { a: { quota: 1, window: "1s", by: "apiKey" } } },
      /^limits\.a\.by: counts by API key/,
    ],
    [
      "ip by plan",
      { ...whole, limits: { a: { quota: 1, window: "1s", by: "ip", plans: { pro: 2 } } } },
      /^limits\.a\.plans: a limit by ip is charged before anyone is known/,
    ],
    [
      "plan of a limit",
      { ...whole, limits: { a: { quota: 1, window: "1s", by: "principal", plans: { prp: 2 } } } },
      /^limits\.a\.plans\.prp: "prp" is no plan\. Did you mean "pro"\?/,
    ],
    [
      "range on a plan",
      { ...whole, limits: { a: { quota: 1, window: 1, by: "principal", plans: { pro: 2_000 } } } },
      /^limits\.a\.plans\.pro: quota must be at most one unit per microsecond/,
    ],
    [
      "range on what a plan inherits",
      {
        ...whole,
        plans: { ...plans, scale: { extends: "pro" } },
        limits: {
          a: {
            quota: 1,
            window: "1s",
            by: "principal",
            plans: { pro: { window: "366d" }, scale: { burst: 200 } },
          },
        },
      },
      /^limits\.a\.plans\.scale: burst × window \/ quota must be at most/,
    ],
    [
      "word on a plan",
      {
        ...whole,
        limits: { a: { quota: 1, window: 1, by: "principal", plans: { pro: "infinite" } } },
      },
      /^limits\.a\.plans\.pro: expected a quota, "unlimited" or \{ quota, window, burst \}, got "infinite"$/,
    ],

    [
      "tenant.from",
      { tenant: { from: { cookie: "t" } } },
      /^tenant\.from: expected \{ claim \}, \{ header \}, \{ host \} or \{ path \}/,
    ],
    [
      "host",
      { tenant: { from: { host: "example.com" } } },
      /^tenant\.from\.host: expected a host with the tenant as its first label/,
    ],
    [
      "path",
      { tenant: { from: { path: "/t" } } },
      /^tenant\.from\.path: The path needs exactly one parameter, .*"\/t\/:tenant"/,
    ],
    [
      "path with a broken escape",
      { tenant: { from: { path: "/t/%zz/:tenant" } } },
      /^tenant\.from\.path: "%zz": the percent-encoding is broken/,
    ],
    [
      "path of two tenants",
      { tenant: { from: { path: "/:a/:b" } } },
      /^tenant\.from\.path: The path needs exactly one parameter/,
    ],
    [
      "no path",
      { tenant: { from: { path: "" } } },
      /^tenant\.from\.path: expected the start of a path/,
    ],
    [
      "unchecked header",
      { auth: { jwt }, tenant: { from: { header: "x-tenant" } } },
      /^auth\.claims\.tenants: is needed: the tenant comes from the header, which anyone can write/,
    ],
    [
      "timeout",
      { tenant: { from: { claim: "t" }, timeout: 0 } },
      /^tenant\.timeout: expected a duration from 1 ms to 1 minute/,
    ],

    [
      "clientIp",
      { clientIp: { trustedHops: -1 } },
      /^clientIp\.trustedHops: expected a whole number from 0 to 32, got -1$/,
    ],
    [
      "attribute",
      { attributes: { plan: { header: "x-plan" } } },
      /^attributes\.plan: Flux itself gives plan; another name is needed\.$/,
    ],
  ])("%s", (_what, config, line) => {
    expect(mistakes(config)).toEqual([expect.stringMatching(line)]);
  });
});

describe("routes", () => {
  const route = (requirement: unknown, key = "GET /a") => ({
    ...whole,
    routes: { [key]: requirement },
  });
  const at = (field: string) => `routes["GET /a"]${field}: `;
  test.each<[unknown, string, RegExp]>([
    ["pubic", "", /expected "public", got "pubic"\. Did you mean "public"\?/],
    [{ limits: "api" }, "", /"limits" is no field of a requirement\. Did you mean "limit"\?/],
    [{ flag: "gamma" }, ".flag", /"gamma" is no flag\. Known: beta, theme\./],
    [
      { flag: "theme" },
      ".flag",
      /is never true: say which variant it must have, as \{ "theme": "dark" \}/,
    ],
    [
      { flag: { beta: "onn" } },
      ".flag.beta",
      /"onn" is no variant of "beta"\. Did you mean "on"\? Known: on, off\./,
    ],
    [{ flag: { bet: "on" } }, ".flag.bet", /"bet" is no flag\. Did you mean "beta"\?/],
    [{ flag: 3 }, ".flag", /expected a flag's key, or flags with the variant of each/],
    [
      { feature: ["exports", "seat"] },
      ".feature[1]",
      /"seat" is no feature\. Did you mean "seats"\?/,
    ],
    [
      { feature: "tokens" },
      ".feature",
      /"tokens" is metered: ask for it by use: \{ "tokens": amount \}/,
    ],
    [{ use: { exports: 1 } }, ".use.exports", /"exports" is not metered: ask for it by feature/],
    [
      { use: { token: 1 } },
      ".use.token",
      /"token" is no metered feature\. Did you mean "tokens"\?/,
    ],
    [
      { use: { tokens: -1 } },
      ".use.tokens",
      /expected a whole number from 0 to 2\^53 - 1 \(0 peeks\) or a function/,
    ],
    [{ use: { tokens: 1.5 } }, ".use.tokens", /got 1\.5/],
    [{ limit: "apy" }, ".limit", /"apy" is no limit\. Did you mean "api"\? Known: api, ring\./],
    [{ cost: 2 }, ".cost", /is what a limit is charged, but no limit is given/],
    [{ limit: "api", cost: Number.NaN }, ".cost", /expected a whole number from 0/],
    [
      { scopes: [] },
      ".scopes",
      /expected a name, an array of names \(all of them\), or \{ any: \[names\] \}/,
    ],
    [{ roles: { all: ["a"] } }, ".roles", /expected a name/],
    [{ roles: 'a"b' }, ".roles", /expected a name/],
    [{ scopes: "a b" }, ".scopes", /got "a b"\. Did you mean \["a","b"\]\?/],
    [{ scopes: { any: [] } }, ".scopes.any", /at least one, got an empty array/],
    [{ scopes: [] }, ".scopes", /at least one, got an empty array/],
    [{ roles: ["a", "b c"] }, ".roles[1]", /expected a name of visible ASCII .* got "b c"/],
    [{ limit: [] }, ".limit", /expected a limit or an array of limits: at least one/],
    [{ feature: [] }, ".feature", /expected a feature or an array of features: at least one/],
    [{ feature: ["exports", 3] }, ".feature[1]", /expected a feature, got 3/],
    [{ refundOn: [] }, ".refundOn", /expected an array of statuses.*: at least one/],
    [{ refundOn: 500 }, ".refundOn", /expected an array of statuses \(100 to 599\)/],
    [{ refundOn: [500, 99] }, ".refundOn[1]", /expected a status \(100 to 599\), got 99/],
    [{ auth: "none", scopes: "a" }, ".scopes", /needs to know the caller, but `auth` is "none"/],
    [{ auth: "none", use: { tokens: 1 } }, ".use", /needs to know the caller/],
    [{ auth: "none", limit: "api" }, ".limit", /"api" counts by principal, but `auth` is "none"/],
  ])("%j", (requirement, field, message) => {
    const told = mistakes(route(requirement));
    expect(told).toHaveLength(1);
    expect(told[0]?.startsWith(at(field))).toBe(true);
    expect(told[0]).toMatch(message);
  });

  test("patterns that match the same requests", () => {
    const routes = { "GET /a/:id": {}, "GET /a/:name": {}, "GET /B": {}, "GET /b": {} };
    expect(mistakes({ routes })).toEqual([
      expect.stringMatching(
        /^routes\["GET \/a\/:name"\]: "GET \/a\/:id" and "GET \/a\/:name" match the same requests: /,
      ),
      expect.stringMatching(
        /^routes\["GET \/b"\]: .*frameworks that ignore case cannot tell them apart/,
      ),
    ]);
  });
});

describe("a store that cannot charge all or none", () => {
  const store = { atomic: false, charge: () => ({}), settle: () => undefined };
  const auth = { custom: () => null };
  const of = (requirement: unknown, more: object = { store }) =>
    mistakes({
      ...whole,
      auth,
      limits: { ...limits, wide: { quota: 9, window: "1m", by: "ip" } },
      ...more,
      routes: { "GET /a": requirement },
    });

  test.each([[{ limit: "api", use: { tokens: 1 } }], [{ limit: ["ring", "wide"] }]])(
    "cannot hold a route that charges two counters of one owner: %j",
    (requirement) => {
      expect(of(requirement)).toEqual([
        expect.stringMatching(
          /^routes\["GET \/a"\]: charges several counters at once, but the store cannot charge all or none/,
        ),
      ]);
      expect(of(requirement, {})).toEqual([]);
      expect(of(requirement, { store: { ...store, atomic: true } })).toEqual([]);
    },
  );

  test("holds routes that charge one of each owner", () => {
    expect(of({ limit: ["api", "ring"] })).toEqual([]);
    expect(of({ use: { tokens: 1 } })).toEqual([]);
  });
});

test("an issuer whose keys are told may have any name", () => {
  const audience = "a";
  expect(
    mistakes({
      auth: {
        jwt: [
          { issuer: "internal", audience, secret: "x".repeat(32) },
          { issuer: "http://old.example.com", audience, jwks: "https://old.example.com/keys" },
          { issuer: "urn:example:idp", audience, jwks: { keys: [] }, tenants: ["acme"] },
          { issuer: "https://a.example", audience, tenants: (id: string) => id === "acme" },
        ],
      },
    }),
  ).toEqual([]);
});

test("mistakes are told in the order of the config's own keys, whoever found them", () => {
  const told = mistakes({
    ...whole,
    routes: { "GET /a": { flag: "bet" }, "GET /b": { scopes: 3 } },
    defaultPlan: "fre",
    unmatched: "open",
    typo: 1,
  });
  expect(told.map((line) => line.split(":")[0])).toEqual([
    '"typo" is no field of the config. Known',
    "defaultPlan",
    'routes["GET /a"].flag',
    'routes["GET /b"].scopes',
    "unmatched",
  ]);
});

test("a field of a plan's limit that is undefined changes nothing", () => {
  const { limits: parsed } = readConfig({
    ...whole,
    limits: {
      api: { ...limits.api, plans: { pro: { quota: undefined, window: undefined, burst: 5 } } },
    },
  });
  expect(parsed.api?.plans.pro).toEqual({ burst: 5 });
});

test("no mistake shows what may be a secret", () => {
  const secret = "s3cr3t-s3cr3t-s3cr3t-s3cr3t";
  const told = mistakes({
    auth: {
      jwt: { issuer: "https://idp.example.com", audience: "a", secret },
      apiKeys: { header: "x", lookup: { password: secret } },
    },
    store: { url: `redis://:${secret}@host` },
  });
  expect(told).toHaveLength(3);
  expect(told.join("\n")).not.toContain("s3cr3t");
});

test("what a store cannot hold is a mistake of the config, in the store's words, on every plan", () => {
  const store = {
    atomic: true,
    charge: () => ({ allowed: true, at: 0, marks: [] }),
    settle: () => undefined,
    refuses: ({ kind, quota }: { kind: string; quota: number }) =>
      kind === "quota" || quota > 100 ? `is a ${kind} of ${quota}` : undefined,
  };
  expect(
    mistakes({
      ...whole,
      auth: { failures: { quota: 101, window: "1m" } },
      limits: { api: { ...limits.api, plans: { pro: 200 } } },
      store,
    }),
  ).toEqual([
    "features.tokens: is a quota of Infinity",
    "limits.api.plans.pro: is a rate of 200",
    "auth.failures: is a rate of 101",
  ]);
});

test("a lease has a size and a time, and belongs to what is counted", () => {
  const api = { ...limits.api, lease: { size: 10 } };
  expect(mistakes({ ...whole, limits: { ...limits, api } })).toEqual([]);
  expect(
    mistakes({
      ...whole,
      features: { ...features, seats: { kind: "static", lease: { size: 10 } } },
      limits: {
        api: { ...limits.api, lease: { size: 1, ttl: "2h" } },
        ring: { ...limits.ring, lease: { size: 5 } },
        mine: { ...limits.api, lease: { ttl: "1s" } },
      },
    }),
  ).toEqual([
    "features.seats.lease: only a metered feature has `lease`",
    "limits.api.lease.size: expected a whole number from 2 to 1,000,000, got 1",
    'limits.api.lease.ttl: expected a duration from 10 ms to 1 hour, as "250ms", "30s", "5m", "1h", "1d" or milliseconds, got "2h"',
    "limits.ring.lease: a limit by ip counts strangers, of whom there may be any number: none of them is hot.",
    "limits.mine.lease.size: expected a whole number from 2 to 1,000,000, got nothing",
  ]);
});
