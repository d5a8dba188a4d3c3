import { expect, test } from "vitest";
import { path } from "./facts.ts";

test.each([
  ["/reports/7", "/reports/7"],
  ["/reports/7?full=1", "/reports/7"],
  ["/reports/7?to=http://other.test/x", "/reports/7"],
  ["http://api.test/reports/7?full=1", "/reports/7"],
  ["https://api.test:8443/", "/"],
  ["http://api.test", "/"],
  ["/reports#7", "/reports"],
  ["/", "/"],
  ["", ""],
])("the path of %j is %j", (url, expected) => {
  expect(path({ method: "GET", url, headers: {} })).toBe(expected);
});
