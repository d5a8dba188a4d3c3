import { describe, expect, it } from "vitest";
import type { FamilyResult } from "../results/result.ts";
import { checkFigures } from "./child.ts";
import { families, parseWords } from "./words.ts";

describe("the words of the command line", () => {
  it("measures and writes everything where nothing is named", () => {
    expect(parseWords([])).toEqual({ chosen: families, quick: false, write: true });
  });
  it("writes no quick figures", () => {
    expect(parseWords(["--quick"])).toMatchObject({ chosen: families, write: false });
    expect(parseWords(["--quick", "--write"])).toContain("--write");
  });
  it("measures what is named, in its own order, and writes it only if asked", () => {
    const named = { chosen: ["decide", "growth"], quick: false };
    expect(parseWords(["growth", "decide"])).toEqual({ ...named, write: false });
    expect(parseWords(["growth", "decide", "--write"])).toEqual({ ...named, write: true });
  });
  it("knows what the stores were called before", () => {
    expect(parseWords(["redis", "memory"])).toMatchObject({ chosen: ["stores"] });
  });
  it("names what it does not know", () => {
    expect(parseWords(["grwoth", "--fast"])).toContain("There is no grwoth, --fast.");
    expect(parseWords(["constructor"])).toContain("There is no constructor.");
  });
});

it("takes nothing for a figure that is none", () => {
  const plot = { kind: "bars", title: "", unit: "ns", logarithmic: false, bars: [] } as const;
  const of = (value: number): FamilyResult => ({
    ...{ title: "", what: "", remarks: [], plot },
    rows: [{ name: "decision", value, unit: "ns", target: { most: 60 } }],
  });
  expect(() => checkFigures(of(59))).not.toThrow();
  expect(() => checkFigures(of(Number.NaN))).toThrow("not a number: decision");
  expect(() => checkFigures({ ...of(1), rows: [] })).toThrow("no rows");
});
