/** Hostile requests without end, the same for the same seed. */
import type { HostileApp } from "./app.ts";
import { type Identity, marker } from "./identity.ts";
import { request } from "./raw-http.ts";

type Header = readonly [string, string];

export interface HostileRequest {
  /** Which ingredients it is made of. */
  readonly name: string;
  readonly method: string;
  readonly text: string;
  /** Whether its credential is good and only lacks rights: then a path that leads nowhere is Express's to answer. */
  readonly known: boolean;
}

/** A generator of pseudo-random numbers in [0, 1) (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** All of them are protected, but for `/optional`, which takes no broken credential. */
const targets = [
  ["GET", "/reports/7"],
  ["GET", "/beta"],
  ["POST", "/exports"],
  ["POST", "/chat"],
  ["GET", "/internal/tenants"],
  ["POST", "/internal/a/b"],
  ["GET", "/admin/7"],
  ["GET", "/nowhere"],
  ["GET", "/optional"],
] as const;
/** Of the targets, what the reader's good credential has no right to. */
const beyond = new Set([
  "/beta",
  "/exports",
  "/chat",
  "/internal/tenants",
  "/internal/a/b",
  "/admin/7",
]);

/** What stands in a path somewhere. */
const pieces = [
  "%00",
  "%0a",
  "%0d%0a",
  "%1f",
  "%20",
  "%23",
  "%25",
  "%252e",
  "%252f",
  "%2e",
  "%2e%2e",
  "%2f",
  "%3b",
  "%3f",
  "%5c",
  "%61",
  "%7f",
  "%c0%af",
  "%e9",
  "%ed%a0%80",
  "%ef%bc%8f",
  "%ff",
  "%u002f",
  "%",
  "%zz",
  ".",
  "..",
  "..;",
  "./",
  "/",
  "//",
  "/./",
  "/../",
  ";",
  ";x=y",
  "=",
  "\\",
  "\\..\\",
  "~",
  "*",
  ":id",
  "(",
  "'",
  '"',
  "<",
  "\u00e9",
  "\u00ff",
  "\t",
  "#",
  "?",
  "&",
  "health",
  "optional",
  "__proto__",
  "constructor",
  marker,
];
const values = [
  "",
  " ",
  "acme",
  "globex",
  "ACME",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "null",
  "undefined",
  "0",
  "-1",
  "NaN",
  "*",
  "a,b",
  "a, acme",
  "acme;x",
  '"acme"',
  "'",
  "\\",
  "%0d%0aset-cookie:a=b",
  "\u00e9\u00ff",
  "\t",
  "x".repeat(256),
  "x".repeat(257),
  "x".repeat(6_000),
  marker,
  `${marker}, ${marker}`,
  "{}",
  "[]",
  "{{7*7}}",
  "../..",
];
const names = [
  "x-tenant",
  "X-TENANT",
  "X-Forwarded-For",
  "X-Forwarded-Host",
  "X-Forwarded-Proto",
  "X-Forwarded-Prefix",
  "Forwarded",
  "X-Real-IP",
  "X-Original-URL",
  "X-Rewrite-URL",
  "X-HTTP-Method-Override",
  "X-HTTP-Method",
  "X-Method-Override",
  "x-flux-principal",
  "x-flux-tenant",
  "x-flux-receipt",
  "x-middleware-subrequest",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "get",
  "Host",
  "Cookie",
  "Origin",
  "Referer",
  "Sec-Fetch-Site",
  "User-Agent",
  "Access-Control-Request-Method",
  "Accept",
  "Content-Type",
  "If-None-Match",
  "Range",
  "Via",
  "Upgrade-Insecure-Requests",
];
const overrides = [
  "GET",
  "HEAD",
  "OPTIONS",
  "delete",
  "GET,POST",
  "get, x",
  "__proto__",
  marker,
  "",
  "*",
];
/** What changes how the connection goes on. */
const connection: readonly Header[] = [
  ["Expect", "100-continue"],
  ["Connection", "close"],
  ["Connection", "Authorization, X-Tenant"],
  ["Connection", "Upgrade"],
  ["Upgrade", "websocket"],
  ["Upgrade", "h2c"],
  ["Content-Encoding", "gzip"],
  ["TE", "trailers"],
];
/** What Node's parser should refuse, or take for one value. */
const raw = ["\r\n ", "\n", "\r", "\u0000", "\u007f", "\r\nx-smuggled: 1"];
const methods = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
  "PROPFIND",
  "QUERY",
  "TRACE",
];

export async function hostileRequests(
  identity: Identity,
  app: HostileApp,
  seed: number,
): Promise<() => HostileRequest> {
  const next = random(seed);
  const below = (bound: number) => Math.floor(next() * bound);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
  const chance = (probability: number) => next() < probability;

  const tokens = [...(await identity.badTokens())];
  const good = await identity.token();
  const { keys } = app;
  const bearers = [
    "Bearer",
    "bearer",
    "BEARER",
    "Bearer ",
    "Bearer\t",
    "Basic",
    "Digest",
    "DPoP",
    "Token",
    "",
    marker,
  ];

  /** A broken token, or a good one that is broken now. */
  function badToken(): [string, string] {
    if (chance(0.6)) return pick(tokens);
    const at = 1 + below(good.length - 1);
    const changed = chance(0.5)
      ? good.slice(0, at) + pick([...pieces, "A", ".", "-", " "]) + good.slice(at)
      : good.slice(0, at) + good.slice(at + 1 + below(9));
    return ["mutated", changed];
  }

  type Credential = {
    readonly name: string;
    readonly headers: readonly Header[];
    readonly known?: true;
  };
  const credentials: readonly (() => Credential)[] = [
    () => {
      const [name, token] = badToken();
      const scheme = chance(0.85) ? "Bearer" : pick(bearers);
      return { name: `${scheme} ${name}`, headers: [["Authorization", `${scheme} ${token}`]] };
    },
    () => {
      const [name, token] = badToken();
      return {
        name: `cookie ${name}`,
        headers: [["Cookie", `a=b; session=${token.replaceAll(";", "!") || "x"}`]],
      };
    },
    () => ({
      name: "two cookies",
      headers: [["Cookie", `session=${good}; x=y; session=${pick(values)}`]],
    }),
    () => {
      const [name, token] = badToken();
      const pair: Header[] = [
        ["Authorization", `Bearer ${good}`],
        [pick(["authorization", "AUTHORIZATION"]), `Bearer ${token}`],
      ];
      return { name: `two values, ${name}`, headers: chance(0.5) ? pair : pair.reverse() };
    },
    () => ({
      name: "token and key",
      headers: [
        ["Authorization", `Bearer ${good}`],
        ["x-api-key", keys.good.key],
      ],
    }),
    () => ({
      name: "two keys",
      headers: [
        ["x-api-key", keys.good.key],
        ["X-Api-Key", pick([keys.good.key, keys.unknown.key])],
      ],
    }),
    () => ({
      name: "bad key",
      headers: [
        [
          "x-api-key",
          pick([
            keys.disabled.key,
            keys.expired.key,
            keys.unknown.key,
            `${keys.good.key}a`,
            ...values.filter((value) => value.trim() !== ""),
          ]),
        ],
      ],
    }),
    () => ({ name: "none", headers: [] }),
    () => ({
      name: "no rights",
      headers: [
        ["Authorization", `Bearer ${good}`],
        ["x-tenant", "acme"],
      ],
      known: true,
    }),
    () => ({ name: "key without rights", headers: [["x-api-key", keys.good.key]], known: true }),
    () => ({
      name: "another's tenant",
      headers: [
        ["Authorization", `Bearer ${good}`],
        ["x-tenant", pick(["globex", "__proto__", "acme2", "*", marker])],
      ],
    }),
    () => ({
      name: "cookie of another origin",
      headers: [
        ["Cookie", `session=${good}`],
        ["x-tenant", "acme"],
        ["Origin", pick(["null", "https://evil.example.com", "https://app.example.com.evil.com"])],
      ],
      known: true,
    }),
  ];

  function mutatePath(path: string): string {
    let mutated = path;
    for (let times = chance(0.65) ? 0 : 1 + below(3); times > 0; times--) {
      const at = 1 + below(mutated.length);
      const kind = below(8);
      if (kind < 4) mutated = mutated.slice(0, at) + pick(pieces) + mutated.slice(at);
      else if (kind === 4)
        mutated = [...mutated].map((c) => (chance(0.3) ? c.toUpperCase() : c)).join("");
      else if (kind === 5)
        mutated = mutated.replace(/[a-z]/g, (c) =>
          chance(0.2) ? `%${c.charCodeAt(0).toString(16)}` : c,
        );
      else if (kind === 6)
        mutated = `${pick(["http://x", "HTTPS://api.example.com:443", "/", "//", "http://a@b", "ws://x", "/x/..", ""])}${mutated}`;
      else
        mutated = `${mutated}${pick(["/", "//", "?", "?a=%", `?${marker}`, "?_method=GET", ";", "/x".repeat(260), "a".repeat(8_300)])}`;
    }
    return mutated;
  }

  return () => {
    const credential = pick(credentials)();
    let [method, path] = pick(targets) as [string, string];
    // A stranger may call what is optional, and the reader what it has rights to: not these.
    if (credential.known && !beyond.has(path)) path = "/internal/tenants";
    if (credential.name === "none" && path === "/optional") path = "/reports/7";
    if (credential.name === "another's tenant" && path === "/nowhere") path = "/reports/7";
    if (chance(0.25)) method = pick(methods);
    const target = mutatePath(path);
    const extra: Header[] = [];
    for (let count = below(4); count > 0; count--) {
      const name = pick(names);
      if (name === "Cookie" && credential.headers.some(([given]) => given === "Cookie")) continue;
      const value = name.includes("Method") && chance(0.7) ? pick(overrides) : pick(values);
      // What would make it the owner of the credential's tenant is no attack.
      if (name.toLowerCase() !== "x-tenant" || credential.known === undefined)
        extra.push([name, value]);
    }
    if (chance(0.1)) extra.push(pick(connection));
    if (chance(0.02)) {
      method = "OPTIONS";
      extra.push(
        ["Origin", "https://evil.example.com"],
        ["Access-Control-Request-Method", pick(methods)],
      );
    }
    if (chance(0.02)) extra.push(["x-tenant", `a${pick(raw)}b`]);
    const headers = chance(0.5)
      ? [...credential.headers, ...extra]
      : [...extra, ...credential.headers];
    const body = method === "POST" && chance(0.3) ? `{"__proto__":{"x":"${marker}"}}` : "";
    return {
      name: `${credential.name} | ${method} ${JSON.stringify(target.slice(0, 120))} | ${extra.map(([name]) => name).join(", ")}`,
      method,
      text: request(method, target, headers, body),
      known: credential.known === true,
    };
  };
}
