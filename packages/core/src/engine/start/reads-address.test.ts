import { expect, test } from "vitest";
import type { FluxConfig } from "../../config/config-types.ts";
import { defineFlux } from "../../define-flux.ts";
import { quiet } from "../test-callers.ts";

const byIp = { limits: { ring: { quota: 1, window: "1s", by: "ip" } } } as const;
const byPrincipal = { limits: { api: { quota: 1, window: "1s", by: "principal" } } } as const;
const failures = { auth: { failures: { quota: 1, window: "1s" } } } as const;
const find = () => "192.0.2.1";

test.each<[boolean, FluxConfig]>([
  [false, {}],
  [false, byPrincipal],
  [false, { clientIp: { ipv6Prefix: 64 } }],
  [true, byIp],
  [true, { limits: { ...byPrincipal.limits, ...byIp.limits } }],
  [true, failures],
  [true, { ...byIp, clientIp: {} }],
  [true, { ...byIp, clientIp: { ipv6Prefix: 64 } }],
  [true, { ...byIp, clientIp: { trustedHops: 0 } }],
  [false, { ...byIp, clientIp: { trustedHops: 1 } }],
  [false, { ...byIp, clientIp: { trustedHops: 2, ipv6Prefix: 64 } }],
  [false, { ...byIp, clientIp: find }],
  [false, { ...failures, clientIp: find }],
])("%j: %j", (expected, config) => {
  expect(defineFlux({ ...config, logger: quiet }).readsAddress).toBe(expected);
});
