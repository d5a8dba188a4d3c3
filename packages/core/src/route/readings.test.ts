/**
 * The index against the slowest possible matcher: every pattern compared with every segment, once for
 * each way in which some framework reads a path.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRouteKey, type RoutePattern } from "./pattern.ts";
import type { RouteMatch } from "./route-index.ts";
import { Unreadable } from "./target.ts";
import { buildRouteIndex } from "./test-index.ts";
import { bestOf, keyOf, readers, same } from "./test-matcher.ts";

const method = fc.constantFrom("GET", "POST", "*");
const requestMethod = fc.constantFrom("GET", "POST", "PUT");

function configOf(literals: fc.Arbitrary<string>) {
  const segment = fc.oneof(
    { weight: 3, arbitrary: literals },
    { weight: 2, arbitrary: fc.constant(":x") },
  );
  const path = fc
    .tuple(fc.array(segment, { maxLength: 4 }), fc.boolean())
    .map(([segments, rest]) => `/${[...segments, ...(rest ? ["*rest"] : [])].join("/")}`);
  const key = fc.tuple(method, path).map((parts) => parts.join(" "));
  return fc.array(key, { minLength: 1, maxLength: 12 }).map(build);
}

/** The index of those of the keys that tie with none before them. */
function build(keys: readonly string[]) {
  const patterns = new Map<string, RoutePattern>();
  for (const key of keys) {
    const shape = decodeURIComponent(key).toLowerCase();
    if (!patterns.has(shape)) patterns.set(shape, parseRouteKey(key) as RoutePattern);
  }
  const routes = [...patterns.values()].map(keyOf).map((key) => [key, key] as const);
  const { index, problems } = buildRouteIndex(routes);
  expect(problems).toEqual([]);
  return { index, patterns: [...patterns.values()] };
}

function keysOf(match: RouteMatch<string>): string[] {
  return match.entries.map((entry) => entry.key).toSorted();
}

describe("the index and the slowest matcher", () => {
  it("agree on plain paths", () => {
    const path = fc
      .array(fc.constantFrom("a", "b", "c"), { maxLength: 5 })
      .map((segments) => `/${segments.join("/")}`);
    fc.assert(
      fc.property(configOf(fc.constantFrom("a", "b")), requestMethod, path, (config, name, url) => {
        const match = config.index.match(name, url) as RouteMatch<string>;
        const expected = bestOf(config.patterns, name, url, { read: same });
        expect(keysOf(match)).toEqual(expected.keys.toSorted());
        expect(match.unmatched).toBe(expected.unmatched);
      }),
      { numRuns: 3_000 },
    );
  });

  const literal = fc.constantFrom(
    "a",
    "b",
    "A",
    "a@",
    "%C3%A9",
    "%C3%89",
    "k",
    "%E2%84%AA",
    "a;b",
    "%2561",
    "c%25",
  );
  const piece = fc.constantFrom(
    ..."a b A B a@ a%40 %61 %41 %2561 %25%36%31 %62 %C3%A9 %c3%a9 %C3%89 %25C3%2589 k K %E2%84%AA c%25 c%2525 ; ;b %3B %253B".split(
      " ",
    ),
  );
  const segment = fc.array(piece, { maxLength: 2 }).map((pieces) => pieces.join(""));
  const path = fc.array(segment, { maxLength: 5 }).map((segments) => `/${segments.join("/")}`);

  it.each(Object.entries(readers))("leave nothing out that %s would find", (_, reader) => {
    fc.assert(
      fc.property(configOf(literal), requestMethod, path, (config, name, url) => {
        const match = config.index.match(name, url);
        if (match instanceof Unreadable) return;
        let expected: ReturnType<typeof bestOf>;
        try {
          expected = bestOf(config.patterns, name, url, reader);
        } catch (error) {
          // A reader that cannot decode has no handler for the path.
          if (error instanceof URIError) return;
          throw error;
        }
        expect(keysOf(match)).toEqual(expect.arrayContaining(expected.keys));
      }),
      { numRuns: 1_500 },
    );
  });

  it("are unmatched together, but for trailing slashes and escapes that a path cannot do without", () => {
    const plain = fc.constantFrom("a", "b", "A", "%61", "%2561", "a;b", "");
    const url = fc
      .array(plain, { maxLength: 5 })
      .map((segments) => `/${[...segments, "a"].join("/")}`);
    const whole = Object.values(readers);
    fc.assert(
      fc.property(
        configOf(fc.constantFrom("a", "b", "A")),
        requestMethod,
        url,
        (config, name, target) => {
          const match = config.index.match(name, target);
          if (match instanceof Unreadable) return;
          if (whole.some((reader) => bestOf(config.patterns, name, target, reader).unmatched))
            expect(match.unmatched).toBe(true);
        },
      ),
      { numRuns: 1_500 },
    );
  });
});

describe("a spelling of a path", () => {
  /** What a client may do to a path so that some framework still routes it to the same handler. */
  const changes: Record<string, (path: string, at: number) => string> = {
    "another case": (path, at) =>
      path.slice(0, at) + (path[at] ?? "").toUpperCase() + path.slice(at + 1),
    "an escape": (path, at) => escapeAt(path, at, "%"),
    "an escape of an escape": (path, at) => escapeAt(path, at, "%25"),
    "a double slash": (path, at) => {
      const slash = path.indexOf("/", at % path.length);
      return slash === -1 ? `/${path}` : `${path.slice(0, slash)}/${path.slice(slash)}`;
    },
    "a trailing slash": (path) => `${path}/`,
    "a matrix parameter": (path) => `${path};v=1`,
    "a matrix parameter in the middle": (path, at) => {
      const slash = path.indexOf("/", Math.max(1, at));
      return slash === -1 ? path : `${path.slice(0, slash)};v${path.slice(slash)}`;
    },
  };

  function escapeAt(path: string, at: number, percent: string): string {
    const code = path.charCodeAt(at);
    const letter = (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a);
    const inEscape = /%(?:25)*[0-9a-f]?$/i.test(path.slice(0, at));
    if (!letter || inEscape) return path;
    return `${path.slice(0, at)}${percent}${code.toString(16)}${path.slice(at + 1)}`;
  }

  it("never gets less than the path written plainly", () => {
    const words = fc.constantFrom("admin", "users", "me", "b");
    const path = fc.array(words, { maxLength: 4 }).map((segments) => `/${segments.join("/")}`);
    const steps = fc.array(fc.tuple(fc.constantFrom(...Object.values(changes)), fc.nat(20)), {
      maxLength: 5,
    });
    const around = fc.constantFrom(["", ""], ["http://example.com", ""], ["", "?a=/b;c"]);
    fc.assert(
      fc.property(
        configOf(words),
        requestMethod,
        path,
        steps,
        around,
        (config, name, plain, made, [before, after]) => {
          const spelling =
            before + made.reduce((text, [change, at]) => change(text, at), plain) + after;
          const match = config.index.match(name, spelling);
          if (match instanceof Unreadable) return;
          const expected = config.index.match(name, plain) as RouteMatch<string>;
          expect(keysOf(match)).toEqual(expect.arrayContaining(keysOf(expected)));
          if (expected.unmatched) expect(match.unmatched).toBe(true);
        },
      ),
      { numRuns: 4_000 },
    );
  });

  it("is readable, however often it was respelt like this", () => {
    const { index } = build(["* /*rest"]);
    for (const change of Object.values(changes))
      expect(index.match("GET", change("/users/admin", 3))).not.toBeInstanceOf(Unreadable);
  });
});

describe("hostile paths", () => {
  it("cost no more than the routes that agree with them, however many ways there are to fail", () => {
    // Every mixture of a literal and a parameter, eight deep, and none of them ends where the path does.
    const keys = Array.from(
      { length: 256 },
      (_, bits) =>
        `GET /${Array.from({ length: 8 }, (_, bit) => ((bits >> bit) & 1 ? "a" : ":x")).join("/")}/end`,
    );
    const { index } = build(keys);
    let compared = 0;
    const startsWith = String.prototype.startsWith;
    String.prototype.startsWith = function (...args) {
      compared++;
      return startsWith.apply(this, args);
    };
    try {
      expect(index.match("GET", `${"/a".repeat(8)}/nothing`)).toMatchObject({ unmatched: true });
      expect(index.match("GET", "/a".repeat(256))).toMatchObject({ unmatched: true });
    } finally {
      String.prototype.startsWith = startsWith;
    }
    // The tree has 2 + 4 + … + 256 places above the ends, and half of them are literals.
    expect(compared).toBeLessThanOrEqual(2 * 512);
  });
});
