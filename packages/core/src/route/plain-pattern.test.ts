import { expect, test } from "vitest";
import { plainPattern } from "./plain-pattern.ts";

test.each([
  ["/reports/:id", "/reports/:id"],
  ["/o/:id{[0-9]+}", "/o/:id"],
  ["/o/:id{\\d{2,3}}/x", "/o/:id/x"],
  ["/posts/:filename{.+\\.png}", "/posts/:filename"],
  ["/o/:id(^\\w+$)", "/o/:id"],
  ["/o/:id(^(a|b)\\)$)/x", "/o/:id/x"],
  ["/o/:id?", "/o/:id"],
  ["/o/:id{[0-9]+}?", "/o/:id"],
  ["/p{/:id}", "/p/:id"],
  ["/p{/:id}/x{/:name}", "/p/:id/x/:name"],
  ["/a\\:b", "/a:b"],
  ["/:from-:to", "/:from-:to"],
  ["/open(", "/open("],
  ["/:id(", "/:id"],
  ["", ""],
])("%s asks for %s", (pattern, plain) => {
  expect(plainPattern(pattern)).toBe(plain);
});
