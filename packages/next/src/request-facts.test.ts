import { expect, test } from "vitest";
import { factsOfRequest } from "./request-facts.ts";

const facts = (url: string, pathname?: string, search = "") =>
  factsOfRequest({
    method: "GET",
    url,
    headers: new Headers(),
    nextUrl: pathname === undefined ? undefined : { pathname, search },
  });

test("a path that Next leaves as it is needs no second reading", () => {
  expect(facts("http://a.test/x?b=1", "/x", "?b=1").routedUrl).toBeUndefined();
  expect(facts("http://a.test/", "/").routedUrl).toBeUndefined();
  expect(facts("http://a.test/x").routedUrl).toBeUndefined();
});

test.each([
  ["basePath", "http://a.test/docs/x", "/x"],
  ["basePath that ends like the path", "http://a.test/x/x", "/x"],
  ["locale", "http://a.test/de/x?b=1", "/x"],
  ["an authority that looks like it", "http://x/x/x", "/x"],
])("%s: the entries of both paths hold", (_name, url, pathname) => {
  const search = new URL(url).search;
  expect(facts(url, pathname, search)).toMatchObject({ url, routedUrl: pathname + search });
});
