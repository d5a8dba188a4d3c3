import { describe, expect, it } from "vitest";
import { readRoutes } from "./route-index.ts";
import { RouteTape } from "./tape.ts";
import { insertPattern, type RouteMatch, RouteNode } from "./trie.ts";
import { walkRoutes } from "./walk.ts";

const nothing: RouteMatch<string> = { entries: [], unmatched: true };
const root = new RouteNode<string>();
const keys = [
  "* /",
  "* /a",
  "* /abc",
  "* /abd/:id",
  "* /Mixed",
  "* /users/:id/lastOrders",
  "* /users/:id/lastOrders/:order",
  "* /K%C3%A9",
  "* /Legacy/x",
  "* /legacy/:y",
  "* /%E2%84%AA",
  "* /...",
  "* /users/me",
  "* /users/:id/posts",
  "* /files/*path",
  "* /files/new",
  "* /files/new/:id/x",
  "* /:area/rows",
];
for (const entry of readRoutes(keys.map((key) => [key, key])).entries)
  insertPattern(root, entry.pattern)[0] = entry;
const tape = new RouteTape(root, 1, nothing);

/** The key that the path leads to, "nothing", or `undefined` where the search must be more thorough. */
function find(text: string, start = 0) {
  const match = tape.find(text, start, 0);
  return match === nothing ? "nothing" : match?.only;
}

describe("a path is followed to its entry", () => {
  it.each([
    ["/", "* /"],
    ["/?x=/a", "* /"],
    ["/a", "* /a"],
    ["/a?", "* /a"],
    ["/abc", "* /abc"],
    ["/abd/7", "* /abd/:id"],
    ["/abd/AbC.d", "* /abd/:id"],
    ["/users/me", "* /users/me"],
    ["/users/meg/posts", "* /users/:id/posts"],
    ["/users/m/posts", "* /users/:id/posts"],
    ["/ab/rows", "* /:area/rows"],
    ["/abce/rows", "* /:area/rows"],
    ["/files/a/.b/C", "* /files/*path"],
    ["/files/new", "* /files/new"],
    ["/files/new/7/x", "* /files/new/:id/x"],
    ["/files/new/7/y", "* /files/*path"],
    ["/Mixed", "* /Mixed"],
    ["/users/7/lastOrders?x", "* /users/:id/lastOrders"],
    ["/users/7/lastOrders/8", "* /users/:id/lastOrders/:order"],
    ["/other", "nothing"],
    ["/ab/c", "nothing"],
    [`/files/${"a".repeat(500)}`, "* /files/*path"],
  ])("%s", (path, found) => {
    expect(find(path)).toBe(found);
    expect(find(`http://a.example${path}`, 16)).toBe(found);
    const entries = new Set<{ readonly key: string }>();
    walkRoutes(root, path.replace(/\?.*/, ""), 0, entries as never);
    expect([...entries].map(({ key }) => key)).toEqual(found === "nothing" ? [] : [found]);
  });
});

it("is not built of more than eight million characters", () => {
  const large = new RouteNode<string>();
  const insert = (key: string) => {
    const [entry] = readRoutes([[key, key]]).entries;
    if (entry !== undefined) insertPattern(large, entry.pattern)[0] = entry;
  };
  const found = (path: string) => new RouteTape(large, 1, nothing).find(path, 0, 0)?.only;
  insert("* /short");
  expect(found("/short")).toBe("* /short");
  for (let i = 0; i < 1_100; i++) insert(`* /${i}${"x".repeat(8_000)}`);
  insert("* /0x/:id");
  expect([found("/short"), found("/0x/7")]).toEqual([undefined, undefined]);
});

it.each([
  ["a literal in another case", ["/ABC", "/Abd/7", "/mixed", "/MIXED", "/users/7/lastorders"]],
  ["a literal that several readings lead to", ["/k", "/K", "/legacy/x"]],
  ["a way back to a parameter", ["/users/me/posts", "/abc/rows", "/a/b/c"]],
  ["a rest that is empty", ["/files"]],
  ["empty segments", ["//", "/a/", "//a", "/abd//7", "/files//"]],
  ["dots alone", ["/.", "/..", "/...", "/abd/.", "/files/a/../b"]],
  ["what has other readings", ["/a;b", "/%61", "/abd/%", "/files/a/b%2f", "/abd/a\\b", "/a#b"]],
  ["what cannot be read", ["/a b", "/abd/\0", "/abd/\x7f", "/abd/é", "/files/\u0161", "/other/😀"]],
  ["perhaps too many segments", [`/files/${"a/".repeat(256)}a`, `/files/${"a".repeat(600)}`]],
])("leaves to a more thorough search: %s", (_, paths) => {
  expect(paths.map((path) => find(path))).toEqual(paths.map(() => undefined));
});
