import { expect, test } from "vitest";
import { inOrderOf } from "./problem-order.ts";

const order = (config: unknown, ...paths: string[]) =>
  inOrderOf(
    config,
    paths.map((path) => ({ path, message: "" })),
  ).map(({ path }) => path);

test("mistakes stand in the order of the config's own keys", () => {
  const config = {
    routes: { "GET /b": { flag: "x" }, 'GET /"a[0].b"': { scopes: ["a", "b"] } },
    limits: { api: { quota: 0 } },
    auth: {},
  };
  expect(
    order(
      config,
      "auth.jwt.issuer",
      "limits.api.quota",
      'routes["GET /\\"a[0].b\\""].scopes[1]',
      'routes["GET /\\"a[0].b\\""]',
      'routes["GET /b"].flag',
      "",
    ),
  ).toEqual([
    "",
    'routes["GET /b"].flag',
    'routes["GET /\\"a[0].b\\""]',
    'routes["GET /\\"a[0].b\\""].scopes[1]',
    "limits.api.quota",
    "auth.jwt.issuer",
  ]);
});

test("what is missing stands with what misses it, and at the end where that is missing too", () => {
  const config = { tenant: { from: {} }, plans: {} };
  expect(order(config, "defaultPlan", "plans.pro.extends", "tenant.from.claim")).toEqual([
    "tenant.from.claim",
    "plans.pro.extends",
    "defaultPlan",
  ]);
});

test("a config that holds itself, and one that is none, are no trouble", () => {
  const config: Record<string, unknown> = { a: 1 };
  config.self = config;
  expect(order(config, "self.a", "a")).toEqual(["a", "self.a"]);
  expect(order(undefined, "b", "a")).toEqual(["b", "a"]);
});
