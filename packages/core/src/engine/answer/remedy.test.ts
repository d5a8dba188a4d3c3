import { beforeEach, expect, test } from "vitest";
import type { Remedy } from "../../decision/decision.ts";
import { defineService, request } from "../test-callers.ts";

const records = { acorn: { plan: "free" }, birch: { plan: "pro" }, cedar: { plan: "scale" } };
let now: number;
let flux: ReturnType<typeof defineService>;
beforeEach(() => {
  now = Date.UTC(2026, 0, 1, 12);
  flux = defineService(records, () => now);
});

const everything = { scopes: ["a", "b"], roles: ["x"], permissions: ["p"] };
const decide = async (line: string, tenant?: string, more: object = everything) =>
  flux.decide(request(line, tenant === undefined ? {} : { as: { tenant, ...more } }));
const remedy = async (line: string, tenant?: string, more?: object): Promise<Remedy | undefined> =>
  (await decide(line, tenant, more)).remedy;

test("an allowed request needs none", async () => {
  expect(await remedy("GET /limited", "acorn")).toBeUndefined();
});

test("a stranger is told to sign in", async () => {
  expect(await remedy("GET /exports")).toEqual({ authenticate: true });
});

test("a feature: every plan that includes it", async () => {
  expect(await remedy("GET /exports", "acorn")).toEqual({ plans: ["pro", "scale"] });
});

test("a flag that depends on the plan: the plans on which it is on", async () => {
  expect(await remedy("GET /released", "acorn")).toEqual({ plans: ["scale"] });
});

test("what no plan would help is not sold as one", async () => {
  expect((await decide("GET /never", "acorn")).denials.map(({ code }) => code)).toEqual([
    "flag_off",
    "feature_unavailable",
  ]);
  expect(await remedy("GET /never", "acorn")).toBeUndefined();
});

test("all that is missing is listed together, and a plan must satisfy every check", async () => {
  expect(await remedy("GET /all", "acorn", { scopes: ["a"] })).toEqual({
    scopes: ["b"],
    roles: { any: ["x", "y"] },
    permissions: ["p"],
    plans: ["scale"],
  });
});

test("a quota: wait for the next period, or a plan with room for what was used", async () => {
  await decide("POST /chat", "acorn");
  expect(await remedy("POST /chat", "acorn")).toEqual({
    retryAt: Date.UTC(2026, 0, 2),
    plans: ["pro", "scale"],
  });
});

test("an amount above every period's quota: no time to wait for, only a larger plan", async () => {
  const refused = await decide("POST /book", "acorn");
  expect(refused.remedy).toEqual({ plans: ["scale"] });
  expect(refused.headers).not.toHaveProperty("Retry-After");
  expect(refused.denials[0]?.detail).toBe(
    "This asks for 5000 tokens at once; the plan has 100 in a whole day.",
  );
  expect((await decide("POST /book", "birch")).remedy).toEqual({ plans: ["scale"] });
});

test("a burst: the time at which it would pass, and the plans whose burst is larger", async () => {
  await decide("GET /limited", "acorn");
  await decide("GET /limited", "acorn");
  expect(await remedy("GET /limited", "acorn")).toEqual({
    retryAt: now + 1_000,
    plans: ["pro", "scale"],
  });
});

test("a cost above the burst: never in time, but on plans where it fits", async () => {
  const refused = await decide("POST /bulk", "acorn");
  expect(refused.remedy).toEqual({ plans: ["pro", "scale"] });
  expect(refused.headers).not.toHaveProperty("Retry-After");
  expect(await remedy("POST /vast", "acorn")).toEqual({ plans: ["scale"] });
});

test("a plan whose quota is used up as well is no way out", async () => {
  records.acorn.plan = "scale";
  for (let i = 0; i < 17; i++) await decide("POST /chat", "acorn"); // 1,020 used
  records.acorn.plan = "free";
  flux.invalidate({ tenant: "acorn" });
  expect(await remedy("POST /chat", "acorn")).toMatchObject({ plans: ["scale"] });
  // Nor where the quota was not even reached, because the feature was refused before.
  expect(await remedy("POST /both", "acorn")).toEqual({ plans: ["scale"] });
});

test("the plan that the tenant has is never named", async () => {
  await decide("POST /chat", "birch");
  for (const line of ["POST /book", "GET /released"])
    expect((await remedy(line, "birch"))?.plans).toEqual(["scale"]);
});

test("asking for it charges nothing", async () => {
  const used = async () => (await decide("GET /limited", "acorn")).feature("tokens").used;
  await remedy("POST /both", "acorn");
  await remedy("POST /book", "acorn");
  expect(await used()).toBe(0);
});

test("a limit by address: waiting, and nothing else", async () => {
  await flux.decide(request("POST /ring"));
  expect((await flux.decide(request("POST /ring"))).remedy).toEqual({ retryAt: now + 1_000 });
});

test("what cannot be read is to be changed", async () => {
  expect(await remedy("GET /a%2fb", "acorn")).toEqual({ request: expect.any(String) });
});
