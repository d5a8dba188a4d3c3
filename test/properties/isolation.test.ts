import { type Decision, defineFlux, type Facts, type Flux, memoryStore } from "@flux/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answer, start } from "./world.ts";

const long = "a".repeat(256);
/** Ids that a careless key, separator, prototype or normalisation would take for one another. */
const lookalikes: readonly (readonly string[])[] = [
  ["__proto__", "constructor", "toString", "hasOwnProperty", "prototype", "null", "undefined"],
  [
    "acme",
    "acme:",
    ":acme",
    "tenant:acme",
    "principal:acme",
    "ip:acme",
    "acme|",
    "acme\u0000",
    "Acme",
  ],
  [
    "a:b",
    "a",
    "b",
    "a:b:c",
    "a,b",
    "a, b",
    "a b",
    "a\u0000b",
    'a"b',
    "a\nb",
    "a\r\nb",
    "a%3Ab",
    "{a}",
  ],
  ["caf\u00e9", "cafe\u0301", "cafe", "CAF\u00c9", "caf\u00c3\u00a9"],
  ["\ud800", "\udfff", "\ufffd", "\ud83d\ude00", "\u200bx", "x", "x\u200b"],
  [long, `${long.slice(1)}b`, `${long.slice(2)}`, long.toUpperCase()],
  ["0", "-0", "1", "1.0", "01", "1e0", "NaN", "Infinity", "true"],
  ["ip:192.0.2.1", "192.0.2.1", "anonymous", "unknown", "limit:api", "feature:tokens"],
];

interface Step {
  readonly mine: boolean;
  readonly subject: string;
  readonly url: string;
  readonly thing: string;
  readonly wait: number;
  /** What is done after the decision. */
  readonly after: "nothing" | "settle" | "refund" | "guard" | "invalidate" | "flood";
}

const step: fc.Arbitrary<Step> = fc.record({
  mine: fc.boolean(),
  subject: fc.constantFrom("ada", "bob", "__proto__"),
  url: fc.constantFrom("/api", "/each", "/thing", "/tokens", "/pro", "/flag", "/staff"),
  thing: fc.constantFrom("a", "b", "__proto__"),
  wait: fc.oneof(fc.nat({ max: 500 }), fc.nat({ max: 20_000 }), fc.constant(1_900_000)),
  after: fc.constantFrom("nothing", "nothing", "settle", "refund", "guard", "invalidate", "flood"),
});

type From = "claim" | "header";

/** @param names the tenants' ids, `mine` and `theirs`. */
function makeFlux(mine: string, theirs: string, from: From, later: boolean) {
  const clock = { now: start };
  const plans = new Map([
    [mine, { plan: "free", overrides: { tokens: 15 } }],
    [theirs, { plan: "pro" }],
  ]);
  const flux = defineFlux({
    auth: {
      custom: ({ headers }: Facts) => {
        const { tenant, subject } = headers as Record<string, string>;
        const principal = { subject: subject as string, tenant: tenant as string };
        return later ? Promise.resolve(principal) : principal;
      },
    },
    tenant: {
      from: from === "claim" ? { claim: "org" } : { header: "x-tenant" },
      load: (id) => plans.get(id),
    },
    features: { exports: { kind: "boolean" }, tokens: { kind: "metered", per: "hour" } },
    plans: {
      free: { features: { tokens: 10 } },
      pro: { extends: "free", features: { tokens: 1_000, exports: true } },
    },
    flags: {
      half: {
        state: "ENABLED",
        variants: { on: true, off: false },
        defaultVariant: "off",
        targeting: {
          fractional: [
            { cat: [{ var: "tenant" }, { var: "targetingKey" }] },
            ["on", 50],
            ["off", 50],
          ],
        },
      },
    },
    limits: {
      api: { quota: 5, window: "1m", by: "tenant", plans: { pro: 50 } },
      each: { quota: 3, window: "1m", by: "principal" },
      thing: { quota: 2, window: "1m", by: ({ headers }) => String((headers as Text)["x-thing"]) },
    },
    routes: {
      "GET /api": { limit: "api" },
      "GET /each": { limit: ["each", "api"] },
      "GET /thing": { limit: "thing" },
      "GET /tokens": { use: { tokens: 4 }, limit: "thing" },
      "GET /pro": { feature: "exports", limit: "api" },
      "GET /flag": { flag: "half", limit: "api" },
      "GET /staff": { roles: "staff" },
    },
    // Each half holds 4,000 counters: less than one flood makes.
    store: memoryStore({ maxKeys: 8_000 }),
    now: () => clock.now,
    logger: { warn: () => undefined, error: () => undefined },
  });
  return { flux: flux as unknown as Flux, clock };
}
type Text = Record<string, string>;

/** What the tenant `mine` is answered, in order. */
async function answers(
  [mine, theirs]: readonly [string, string],
  steps: readonly Step[],
  { alone, from, later }: { alone: boolean; from: From; later: boolean },
): Promise<string[]> {
  const { flux, clock } = makeFlux(mine, theirs, from, later);
  const heard: string[] = [];
  for (const each of steps) {
    clock.now += each.wait;
    if (alone && !each.mine) continue;
    const tenant = each.mine ? mine : theirs;
    const facts: Facts = {
      method: "GET",
      url: each.url,
      headers: { tenant, "x-tenant": tenant, subject: each.subject, "x-thing": each.thing },
      ip: "192.0.2.1",
    };
    let decision: Decision = await flux.decide(facts);
    if (each.mine) heard.push(await answer(flux, decision, facts));
    if (each.after === "settle" && decision.allowed && each.url === "/tokens")
      await decision.settle({ tokens: each.wait % 9 } as never);
    if (each.after === "refund") await decision.refund();
    if (each.after === "invalidate") flux.invalidate({ tenant });
    if (each.after === "guard" && decision.allowed) {
      decision = await flux.decide(
        facts,
        { limit: "thing", cost: 2, use: { tokens: 1 } },
        decision,
      );
      if (each.mine) heard.push(await answer(flux, decision, facts));
    }
    if (each.after === "flood" && !each.mine)
      for (let i = 0; i < 60; i++)
        await flux.decide({
          ...facts,
          url: "/thing",
          headers: { ...facts.headers, "x-thing": `${i}` },
        });
    if (each.mine)
      heard.push(JSON.stringify([decision.feature("tokens"), decision.feature("exports")]));
  }
  return heard;
}

const pair = fc
  .constantFrom(...lookalikes)
  .chain((ids) => fc.shuffledSubarray([...ids], { minLength: 2, maxLength: 2 })) as fc.Arbitrary<
  [string, string]
>;

describe("a tenant is answered the same, byte for byte, whatever another tenant does", () => {
  it("whatever their ids look like, and wherever they are named", async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(
        pair,
        fc.array(step, { minLength: 10, maxLength: 60 }),
        fc.constantFrom<From>("claim", "header"),
        fc.boolean(),
        async (names, steps, from, later) => {
          const alone = await answers(names, steps, { alone: true, from, later });
          const together = await answers(names, steps, { alone: false, from, later });
          expect(together).toEqual(alone);
          compared += alone.length;
        },
      ),
      { numRuns: 300 },
    );
    expect(compared).toBeGreaterThan(3_000);
  }, 60_000);

  it("when both ask at the same time and everything has to be waited for", async () => {
    const { flux } = makeFlux("acme", "acme:", "header", true);
    const asked = Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? "acme" : "acme:"));
    const decisions = await Promise.all(
      asked.map((tenant) =>
        flux.decide({
          method: "GET",
          url: "/api",
          headers: { tenant, "x-tenant": tenant, subject: "ada" },
        }),
      ),
    );
    const passed = (name: string) =>
      decisions.filter(({ tenant, allowed }) => tenant?.id === name && allowed).length;
    expect([passed("acme"), passed("acme:")]).toEqual([5, 30]);
  });

  it("even where the other makes up more counters than the store holds", async () => {
    const { flux, clock } = makeFlux("acme", "globex", "claim", false);
    const ask = (tenant: string, url: string, thing: string) =>
      flux.decide({
        method: "GET",
        url,
        headers: { tenant, subject: "ada", "x-thing": thing },
      });
    for (let i = 0; i < 5; i++) expect((await ask("acme", "/api", "a")).allowed).toBe(true);
    expect((await ask("acme", "/tokens", "a")).allowed).toBe(true);
    const before = await ask("acme", "/api", "a");
    expect(before.code).toBe("rate_limited");
    for (let i = 0; i < 20_000; i++) await ask("globex", "/thing", `made-up-${i}`);
    clock.now += 1;
    expect((await ask("acme", "/api", "a")).code).toBe("rate_limited");
    expect((await ask("acme", "/staff", "a")).feature("tokens")).toMatchObject({ used: 4 });
  }, 30_000);
});
