import { describe, expect, it } from "vitest";
import { maximumCharacters, maximumSegments } from "./bounds.ts";
import { spellingsOf } from "./spellings.ts";
import { Unreadable, unreadable } from "./target.ts";

function paths(target: string): string[] {
  const spellings = spellingsOf(target);
  if (spellings instanceof Unreadable) throw new Error(spellings.detail);
  return spellings.map(({ path }) => path);
}

describe("what cannot be read safely", () => {
  it.each([
    ["/a%2Fb", unreadable.encodedSlash],
    ["/a%2fb", unreadable.encodedSlash],
    ["/a%252Fb", unreadable.encodedSlash],
    ["/a%25%32fb", unreadable.encodedSlash],
    ["/%61%25%32%66", unreadable.encodedSlash],
    ["/a%5Cb", unreadable.encodedBackslash],
    ["/a%255cb", unreadable.encodedBackslash],
    ["/a\\b", unreadable.backslash],
    ["/.", unreadable.dots],
    ["/..", unreadable.dots],
    ["/a/../b", unreadable.dots],
    ["/a/./", unreadable.dots],
    ["/a/..;x/b", unreadable.dots],
    ["/a/.;/b", unreadable.dots],
    ["/a/..%3Bx/b", unreadable.dots],
    ["/a/%2e%2E/b", unreadable.dots],
    ["/a/.%2e/b", unreadable.dots],
    ["/a/%252e%252e/b", unreadable.dots],
    ["/a/%2e;x", unreadable.dots],
    ["/a/.%252e%253bx", unreadable.dots],
    ["/a\0", unreadable.nul],
    ["/a%00", unreadable.nul],
    ["/a%2500", unreadable.nul],
    ["/a\tb", unreadable.control],
    ["/a\u007f", unreadable.control],
    ["/a%0Ab", unreadable.control],
    ["/a%250ab", unreadable.control],
    ["/a b", unreadable.space],
    ["/café", unreadable.nonAscii],
    ["/a\u00a0", unreadable.nonAscii],
    ["/a#b", unreadable.fragment],
    ["/100%", unreadable.escape],
    ["/%zz", unreadable.escape],
    ["/%u002e", unreadable.escape],
    ["/%C3", unreadable.utf8],
    ["/%c0%af", unreadable.utf8],
    ["/%ED%A0%80", unreadable.utf8],
    ["", unreadable.form],
    ["*", unreadable.form],
    ["a", unreadable.form],
    ["?a", unreadable.form],
    ["example.com:443", unreadable.form],
    ["ftp://a/b", unreadable.form],
    ["javascript:/a", unreadable.form],
    ["http:/a", unreadable.form],
    ["http://", unreadable.authority],
    ["http:///a", unreadable.authority],
    ["http://a?/b", unreadable.authority],
    ["http://a#/b", unreadable.authority],
    ["http://u@a/b", unreadable.authority],
    ["http://a\\b/c", unreadable.authority],
    ["http://a%2fb/c", unreadable.authority],
    // Express routes these by "/:b/c", "/~b/c" and "/::1/c".
    ["http://a:b/c", unreadable.authority],
    ["http://a~b/c", unreadable.authority],
    ["http://::1/c", unreadable.authority],
    ["http://[::1/c", unreadable.authority],
    ["http://[]/c", unreadable.authority],
    ["http://[a]b/c", unreadable.authority],
    ["http://a]/c", unreadable.authority],
    ["http://a:80:80/c", unreadable.authority],
    ["http://:80/c", unreadable.authority],
    [`/${"a".repeat(maximumCharacters)}`, unreadable.characters],
    ["/a".repeat(maximumSegments + 1), unreadable.segments],
    ["/".repeat(maximumSegments + 1), unreadable.segments],
  ])("%j", (target, expected) => {
    expect(spellingsOf(target)).toBe(expected);
  });

  it("says why without repeating any of it, each in its own words", () => {
    const details = Object.values(unreadable).map(({ detail }) => detail);
    expect(new Set(details).size).toBe(details.length);
    for (const detail of details) expect(detail).toMatch(/^The .+\.$/);
  });

  it("does not look at the query", () => {
    expect(paths("/a?b=%2f/../%zz é#\\")).toEqual(["/a"]);
  });
});

describe("the readings of a path", () => {
  it("is one where nothing is special", () => {
    expect(paths("/a/b.c/~d/...")).toEqual(["/a/b.c/~d/..."]);
    expect(paths("/")).toEqual(["/"]);
  });

  it("takes the path of an absolute URL", () => {
    expect(paths("HTTPS://a.example:8080/b?c")).toEqual(["/b"]);
    expect(paths("http://[::1]/b")).toEqual(["/b"]);
    expect(paths("http://a")).toEqual(["/"]);
  });

  it.each([
    ["/%61", ["/%61", "/a"]],
    ["/%2561", ["/%2561", "/%61", "/a"]],
    ["/%61%40", ["/%61%40", "/a%40", "/a@"]],
    ["/100%25", ["/100%25", "/100%"]],
    ["/a/", ["/a", "/a/"]],
    ["//a", ["//a", "/a"]],
    ["/a;v=1/b;w", ["/a;v=1/b;w", "/a/b", "/a"]],
    ["/a%3bv/b", ["/a%3bv/b", "/a;v/b", "/a/b", "/a"]],
    ["/a%3bv/b;w", ["/a%3bv/b;w", "/a%3bv/b", "/a;v/b;w", "/a/b", "/a", "/a;v/b"]],
    ["/;x/a", ["/;x/a", "//a", "/a", "/"]],
  ])("%s is also read as each of these", (target, expected) => {
    expect(paths(target).toSorted()).toEqual(expected.toSorted());
  });
});
