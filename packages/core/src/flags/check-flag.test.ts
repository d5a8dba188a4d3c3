import { describe, expect, it } from "vitest";
import { checkFlag } from "./check-flag.ts";

const good = { state: "ENABLED", variants: { on: true, off: false }, defaultVariant: "off" };

const check = (change: Record<string, unknown>) => checkFlag("exports-v2", { ...good, ...change });

describe("checkFlag", () => {
  it("accepts what flagd accepts", () => {
    expect(check({})).toEqual([]);
    expect(check({ defaultVariant: null })).toEqual([]);
    expect(check({ defaultVariant: undefined })).toEqual([]);
    expect(check({ state: "DISABLED" })).toEqual([]);
    expect(check({ metadata: { owner: "team-a", version: 2, temporary: true } })).toEqual([]);
    expect(check({ variants: { off: { a: [1, { b: null }] }, on: {} } })).toEqual([]);
    expect(check({ description: "a note of the file's own" })).toEqual([]);
  });

  it("leaves the targeting to compileFlags", () => {
    expect(check({ targeting: { nonsense: [] } })).toEqual([]);
    expect(check({ targeting: "on" })).toEqual([]);
  });

  it.each([
    [{ state: "enabled" }, 'flags["exports-v2"].state', /Did you mean "ENABLED"/],
    [{ state: undefined }, 'flags["exports-v2"].state', /got nothing/],
    [{ variants: {} }, 'flags["exports-v2"].variants', /at least one variant/],
    [{ variants: [true] }, 'flags["exports-v2"].variants', /at least one variant/],
    [
      { variants: { on: true, off: "no" } },
      'flags["exports-v2"].variants.off',
      /one type: boolean/,
    ],
    [{ variants: { off: null } }, 'flags["exports-v2"].variants.off', /got null/],
    [{ variants: { off: [1] } }, 'flags["exports-v2"].variants.off', /got an array/],
    [{ variants: { off: Number.NaN } }, 'flags["exports-v2"].variants.off', /finite/],
    [{ variants: { off: { f() {} } } }, 'flags["exports-v2"].variants.off', /plain data/],
    [{ defaultVariant: "offf" }, 'flags["exports-v2"].defaultVariant', /Did you mean "off"/],
    [{ defaultVariant: "toString" }, 'flags["exports-v2"].defaultVariant', /no variant "toString"/],
    [{ defaultVariant: false }, 'flags["exports-v2"].defaultVariant', /got false/],
    [{ metadata: { a: {} } }, 'flags["exports-v2"].metadata.a', /got an object/],
    [{ metadata: [] }, 'flags["exports-v2"].metadata', /expected an object/],
    [{ targetting: {} }, 'flags["exports-v2"].targetting', /Did you mean "targeting"/],
  ])("names the place and the mistake of %j", (change, path, message) => {
    expect(check(change)).toEqual([{ path, message: expect.stringMatching(message) }]);
  });

  it("reports every mistake together", () => {
    const problems = check({ state: "ON", variants: { a: 1, b: "b" }, defaultVariant: "c" });
    expect(problems.map(({ path }) => path)).toEqual([
      'flags["exports-v2"].state',
      'flags["exports-v2"].variants.b',
      'flags["exports-v2"].defaultVariant',
    ]);
  });

  it.each([undefined, null, 1, "x", []])("refuses %j as a definition", (definition) => {
    expect(checkFlag("a.b", definition)).toEqual([
      { path: 'flags["a.b"]', message: expect.stringContaining("expected a flag definition") },
    ]);
  });

  it("quotes what a path cannot write bare", () => {
    const [problem] = checkFlag('say "hi"', { ...good, variants: { "o n": 1, off: false } });
    expect(problem?.path).toBe(String.raw`flags["say \"hi\""].variants.off`);
  });

  it("takes __proto__ and constructor for ordinary names", () => {
    const variants = JSON.parse('{"__proto__": true, "constructor": false}');
    expect(check({ variants, defaultVariant: "__proto__" })).toEqual([]);
    expect(check({ defaultVariant: "constructor" })).toHaveLength(1);
  });

  it("reports what JSON cannot write: cycles, BigInts", () => {
    expect(check({ variants: { off: { n: 1n } } })).toHaveLength(1);
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    expect(check({ variants: { off: loop } })).toHaveLength(1);
  });
});
