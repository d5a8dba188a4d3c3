import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileFlags } from "../compile-flags.ts";
import { murmur3 } from "../murmur3.ts";
import type { EvaluationContext } from "../types.ts";
import { bucketOf, maximumWeight } from "./fractional.ts";

const names = ["clubs", "diamonds", "hearts", "spades", "one", "two", "lower", "upper", "single"];

function compile(fractional: unknown, flagKey = "flag") {
  const variants = Object.fromEntries([...names, "fallback"].map((name) => [name, name]));
  const targeting = { fractional };
  const flag = { state: "ENABLED", variants, defaultVariant: "fallback", targeting } as const;
  return compileFlags({ [flagKey]: flag }, { now: () => 0 });
}

const evaluate = (fractional: unknown, context: EvaluationContext = {}, flagKey = "flag") =>
  compile(fractional, flagKey).evaluate(flagKey, context).variant;

describe("bucketOf", () => {
  it("is exact over all hashes and totals", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.integer({ min: 1, max: maximumWeight }),
        (hash, total) => {
          const exact = (BigInt(hash) * BigInt(total)) >> 32n;
          expect(bucketOf(hash, total)).toBe(Number(exact));
          expect(bucketOf(hash | 0, total)).toBe(Number(exact));
        },
      ),
    );
  });

  it.each([
    [0, 1],
    [0, maximumWeight],
    [2 ** 32 - 1, 1],
    [2 ** 32 - 1, maximumWeight],
    [2 ** 31, maximumWeight],
    [2 ** 31 - 1, 2],
    [2 ** 31, 2],
    [0xffff, maximumWeight],
    [0x10000, maximumWeight],
  ])("is exact at its corners: %i of %i", (hash, total) => {
    expect(bucketOf(hash, total)).toBe(Number((BigInt(hash) * BigInt(total)) >> 32n));
  });
});

describe("fractional", () => {
  const cards = [
    ["clubs", 25],
    ["diamonds", 25],
    ["hearts", 25],
    ["spades", 25],
  ] as const;

  // The answers of flagd's own test bed (open-feature/flagd-testbed, fractional v2).
  it.each([
    ["jack", "hearts"],
    ["queen", "spades"],
    ["ten", "clubs"],
    ["nine", "diamonds"],
    ["3", "clubs"],
  ])("buckets %s as flagd does, by flag key and name", (name, expected) => {
    const key = { cat: [{ var: "$flagd.flagKey" }, { var: "user.name" }] };
    expect(evaluate([key, ...cards], { user: { name } }, "fractional-flag")).toBe(expected);
  });

  it.each([
    ["seven", "hearts"],
    ["eight", "diamonds"],
    ["nine", "clubs"],
    ["two", "spades"],
  ])("buckets %s as flagd does, by a shared seed and name", (name, expected) => {
    const key = { cat: ["shared-seed", { var: "user.name" }] };
    expect(evaluate([key, ...cards], { user: { name } })).toBe(expected);
  });

  it.each([
    ["jon@company.com", "one"],
    ["jane@company.com", "two"],
  ])("buckets %s as flagd does, by the targeting key alone", (targetingKey, expected) => {
    expect(evaluate([["one"], ["two", 1]], { targetingKey }, "fractional-flag-shorthand")).toBe(
      expected,
    );
  });

  it.each([
    ["ejOoVL", "lower"],
    ["bY9fO-", "lower"],
    ["SI7p-", "lower"],
    ["6LvT0", "upper"],
    ["ceQdGm", "upper"],
  ])("puts %s, whose hash lies at an edge, where flagd puts it", (targetingKey, expected) => {
    const shares = [{ var: "targetingKey" }, ["lower", 50], ["upper", 50]];
    expect(evaluate(shares, { targetingKey })).toBe(expected);
  });

  it("hashes the UTF-8 of a key, as flagd does, not its UTF-16", () => {
    const shares = [{ var: "key" }, ["one", 50], ["two", 50]];
    for (const key of ["é1", "用户-7", "😀", "a😀b", "Zoë", "naïve-user"])
      expect(evaluate(shares, { key })).toBe(bucketOf(murmur3(key), 100) < 50 ? "one" : "two");
    // Known from the reference implementation over the bytes: 0x10110787, 0xff771d3e.
    expect(evaluate(shares, { key: "é" })).toBe("one");
    expect(evaluate(shares, { key: "用户-7" })).toBe("two");
  });

  it("gives the same however the key is written", () => {
    const text = fc.string({ unit: "binary", minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(text, text, (flagKey, targetingKey) => {
        if (flagKey === "__proto__") return;
        const context = { targetingKey };
        const shares = [
          ["one", 1],
          ["two", 1],
          ["hearts", 1],
        ];
        const flag = { var: "$flagd.flagKey" };
        const target = { var: "targetingKey" };
        const results = [
          shares,
          [{ cat: [flag, target] }, ...shares],
          [{ cat: ["", flag, "", target] }, ...shares],
          [{ substr: [{ cat: [flag, target, ""] }, 0] }, ...shares],
          [flagKey + targetingKey, ...shares],
        ].map((each) => evaluate(each, context, flagKey));
        expect(new Set(results).size).toBe(1);
      }),
    );
  });

  it("gives each variant its share, within what chance allows", () => {
    const flags = compile(
      [
        ["one", 10],
        ["two", 30],
        ["hearts", 60],
      ],
      "rollout",
    );
    const count = new Map<string | undefined, number>();
    for (let user = 0; user < 20_000; user++) {
      const { variant } = flags.evaluate("rollout", { targetingKey: `user-${user}` });
      count.set(variant, (count.get(variant) ?? 0) + 1);
    }
    // Five standard deviations: fixed keys, so the result never varies.
    expect(Math.abs((count.get("one") ?? 0) - 2_000)).toBeLessThan(215);
    expect(Math.abs((count.get("two") ?? 0) - 6_000)).toBeLessThan(325);
    expect(Math.abs((count.get("hearts") ?? 0) - 12_000)).toBeLessThan(350);
  });

  it("moves nobody out of a share that grows", () => {
    const small = compile([
      ["one", 10],
      ["two", 90],
    ]);
    const large = compile([
      ["one", 11],
      ["two", 89],
    ]);
    for (let user = 0; user < 5_000; user++) {
      const context = { targetingKey: `user-${user}` };
      if (small.evaluate("flag", context).variant === "one")
        expect(large.evaluate("flag", context).variant).toBe("one");
    }
  });

  it("gives null without a key", () => {
    const shares = [
      ["one", 50],
      ["two", 50],
    ];
    for (const targetingKey of [undefined, null, "", 5, ["u"], {}])
      expect(evaluate(shares, { targetingKey } as EvaluationContext)).toBe("fallback");
    expect(evaluate([{ var: "missing" }, ...shares], { targetingKey: "u" })).toBe("fallback");
    expect(evaluate([{ var: "id" }, ...shares], { id: 5, targetingKey: "u" })).toBe("fallback");
  });

  it.each([
    [
      [
        ["one", 0.5],
        ["two", 50],
      ],
      /whole number/,
    ],
    [
      [
        ["one", null],
        ["two", 50],
      ],
      /whole number/,
    ],
    [[["one", "50"]], /whole number/],
    [
      [
        ["one", 2147483647],
        ["two", 1],
      ],
      /more than 2147483647/,
    ],
    [
      [
        ["one", 0],
        ["two", -5],
      ],
      /no share/,
    ],
    [[["one"], ["two", 1, 2]], /a list of a variant and a weight/],
    [[["one"], []], /a list of a variant and a weight/],
    [["one", "two"], /a list of a variant and a weight/],
    [["key"], /no share/],
    [[[["one"], 1]], /a variant is/],
  ])("gives null for %j, and a warning", (fractional, message) => {
    const flags = compile(fractional);
    expect(flags.evaluate("flag", { targetingKey: "u" }).reason).toBe("DEFAULT");
    expect(flags.warnings).toEqual([
      { path: "flags.flag.targeting.fractional", message: expect.stringMatching(message) },
    ]);
  });

  it("counts a negative weight as 0, a missing one as 1, and reaches the largest sum", () => {
    const context = { targetingKey: "any-user" };
    expect(
      evaluate(
        [
          ["one", -50],
          ["two", 100],
        ],
        context,
      ),
    ).toBe("two");
    expect(evaluate([["single"]], context)).toBe("single");
    expect(
      evaluate(
        [
          ["one", 0],
          ["two", maximumWeight],
        ],
        context,
      ),
    ).toBe("two");
  });

  it("evaluates rules in variants and weights", () => {
    const tier = { "==": [{ var: "tier" }, "premium"] };
    const weighted = [{ var: "key" }, ["one", { if: [tier, 100, 0] }], ["two", 10]];
    expect(evaluate(weighted, { key: "jon@company.com", tier: "premium" })).toBe("one");
    expect(evaluate(weighted, { key: "jon@company.com", tier: "basic" })).toBe("two");
    const chosen = [{ var: "key" }, [{ if: [tier, "one", "two"] }, 50], ["single", 50]];
    expect(evaluate(chosen, { key: "jon@company.com", tier: "premium" })).toBe("one");
    expect(evaluate(chosen, { key: "jon@company.com", tier: "basic" })).toBe("two");
    expect(evaluate(chosen, { key: "user1", tier: "premium" })).toBe("single");
    expect(evaluate([[{ var: "tier" }, 1]], { targetingKey: "u", tier: "one" })).toBe("one");
    expect(evaluate([[{ var: "tier" }, 1]], { targetingKey: "u", tier: {} })).toBe("fallback");
  });

  it("takes its list from the data too", () => {
    const context = { targetingKey: "u", shares: [["one", 1]], keyed: ["key", ["two", 1]] };
    expect(evaluate({ var: "shares" }, context)).toBe("one");
    expect(evaluate({ var: "keyed" }, context)).toBe("two");
    expect(evaluate({ var: "none" }, context)).toBe("fallback");
    expect(evaluate([{ var: "shares.0" }, ["one", 1]], context)).toBe("one");
  });

  it("may be a condition", () => {
    const condition = (truth: number) => ({
      if: [
        {
          fractional: [
            [false, 100 - truth],
            [true, truth],
          ],
        },
        "one",
        "two",
      ],
    });
    const variants = { one: 1, two: 2 };
    for (const [truth, expected] of [
      [100, "one"],
      [0, "two"],
    ] as const) {
      const flag = { state: "ENABLED", variants, targeting: condition(truth) } as const;
      const flags = compileFlags({ flag }, { now: () => 0 });
      expect(flags.evaluate("flag", { targetingKey: "u" }).variant).toBe(expected);
    }
  });

  it("warns of a share whose variant does not exist", () => {
    expect(
      compile([
        ["one", 1],
        ["twoo", 1],
      ]).warnings,
    ).toEqual([
      {
        path: "flags.flag.targeting.fractional[1][0]",
        message: 'gives "twoo", which is not among the variants. Did you mean "two"?',
      },
    ]);
  });
});
