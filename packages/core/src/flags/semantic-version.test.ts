import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareVersions, parseVersion, type Version } from "./semantic-version.ts";

const parsed = (text: unknown) => parseVersion(text) as Version;

describe("parseVersion", () => {
  it.each([
    ["1.2.3", { major: 1, minor: 2, patch: 3, prerelease: "" }],
    ["v1.2.3", { major: 1, minor: 2, patch: 3, prerelease: "" }],
    ["V1.2.3", { major: 1, minor: 2, patch: 3, prerelease: "" }],
    ["1", { major: 1, minor: 0, patch: 0, prerelease: "" }],
    ["1.2", { major: 1, minor: 2, patch: 0, prerelease: "" }],
    [1.2, { major: 1, minor: 2, patch: 0, prerelease: "" }],
    ["1.0.0-alpha.1", { major: 1, minor: 0, patch: 0, prerelease: "alpha.1" }],
    ["1.0.0-0a.x-y", { major: 1, minor: 0, patch: 0, prerelease: "0a.x-y" }],
    ["1.0.0+build.007", { major: 1, minor: 0, patch: 0, prerelease: "" }],
    ["1.0.0+a-b", { major: 1, minor: 0, patch: 0, prerelease: "" }],
    ["1.0.0-rc.1+a-b", { major: 1, minor: 0, patch: 0, prerelease: "rc.1" }],
    [
      "9007199254740991.0.0",
      { major: Number.MAX_SAFE_INTEGER, minor: 0, patch: 0, prerelease: "" },
    ],
  ])("reads %j", (text, expected) => {
    expect(parseVersion(text)).toEqual(expected);
  });

  it.each([
    "",
    "v",
    ".",
    "1.",
    "1..2",
    ".1.2",
    "1.2.3.4",
    "2.0.0.0",
    "01.0.0",
    "1.02.3",
    "1.0.0-",
    "1.0.0-01",
    "1.0.0-a..b",
    "1.0.0+",
    "1.0.0+a+b",
    "1.0.0-é",
    "1.0.0-a_b",
    "1-alpha",
    "1.2+build",
    "vv1.0.0",
    " 1.0.0",
    "1.0.0 ",
    "9007199254740992.0.0",
    `1.0.0-${"a".repeat(256)}`,
    "latest",
    "-1",
    1e21,
    Number.NaN,
    null,
    undefined,
    true,
    ["1.0.0"],
    { toString: () => "1.0.0" },
    1n,
    Symbol("1.0.0"),
  ])("refuses %s", (text) => {
    expect(parseVersion(text)).toBeUndefined();
  });

  it("never throws", () => {
    fc.assert(fc.property(fc.anything(), (value) => void parseVersion(value)));
  });
});

describe("compareVersions", () => {
  // The order of semver.org §11, and what follows from it.
  const ordered = [
    "0.9.9",
    "1.0.0-1",
    "1.0.0-2",
    "1.0.0-10",
    "1.0.0-99999999999999999998",
    "1.0.0-99999999999999999999",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1",
    "1.1.0",
    "1.10.0",
    "2.0.0-0",
    "2.0.0",
  ];

  it("orders as semver.org does", () => {
    for (const [i, left] of ordered.entries())
      for (const [j, right] of ordered.entries())
        expect(Math.sign(compareVersions(parsed(left), parsed(right)))).toBe(Math.sign(i - j));
  });

  it("does not count build metadata", () => {
    expect(compareVersions(parsed("1.0.0+a"), parsed("1.0.0+b"))).toBe(0);
  });
});
