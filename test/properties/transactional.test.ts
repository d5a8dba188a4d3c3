import type { Decision, DecisionRecord, Requirement } from "@flux/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Call,
  call,
  callers,
  factsOf,
  isStrangers,
  makeWorld,
  ofCallers,
  plans,
  requirement,
  tenants,
  unitsAsked,
  type World,
} from "./world.ts";

const routes = fc.array(requirement, { minLength: 1, maxLength: 5 });
const history = routes.chain((given) =>
  fc.tuple(fc.constant(given), fc.array(call(given.length), { minLength: 3, maxLength: 40 })),
);

async function play(world: World, request: Call, guard?: Requirement): Promise<Decision> {
  world.clock.now += request.wait;
  return world.flux.decide(factsOf(request), guard);
}

/** Whether every pure check of the requirement holds, told anew from the tables of the world. */
function isPermitted(requirements: readonly Requirement[], { user }: Call): boolean {
  const caller = user === undefined ? undefined : callers[user];
  const tenant = caller?.tenant === undefined ? undefined : tenants[caller.tenant];
  const has = (names: Requirement["scopes"], held: readonly string[]) => {
    if (names === undefined) return true;
    if (typeof names === "string") return held.includes(names);
    return Array.isArray(names)
      ? (names as string[]).every((name) => held.includes(name))
      : (names as { any: string[] }).any.some((name) => held.includes(name));
  };
  const auths = requirements.map(({ auth }) => auth ?? "required");
  const known = auths.some((auth) => auth !== "none") ? caller : undefined;
  if (auths.includes("required") && known === undefined) return false;
  if (known !== undefined && tenant?.status === "suspended") return false;
  for (const { scopes, roles, flag, feature, use, limit } of requirements) {
    if (scopes !== undefined && !(known && has(scopes, known.scopes))) return false;
    if (roles !== undefined && !(known && has(roles, known.roles))) return false;
    const onPro = known !== undefined && tenant?.plan === "pro";
    if (flag === "shut" || (flag === "pro" && !onPro)) return false;
    if (typeof flag === "object" && onPro) return false;
    const limited = typeof limit === "string" ? [limit] : (limit ?? []);
    const needsTenant = feature !== undefined || use !== undefined || limited.includes("api");
    const asksTenant =
      feature !== undefined || limited.includes("api") || Object.keys(use ?? {}).length > 0;
    if (needsTenant && asksTenant && tenant === undefined) return false;
    if (limited.includes("each") && known === undefined) return false;
    if (feature === "exports" && tenant?.plan !== "pro") return false;
  }
  return true;
}

describe.each([
  ["answers at once", false],
  ["answers later", true],
])("a store that %s", (_name, later) => {
  it("is left as it was by every request that is denied, but for the counters of addresses", async () => {
    let denied = 0;
    await fc.assert(
      fc.asyncProperty(history, async ([given, requests]) => {
        const world = makeWorld(given, later);
        for (const request of requests) {
          world.clock.now += request.wait;
          const before = world.store.counters(world.clock.now);
          const decision = await world.flux.decide(factsOf(request));
          if (decision.allowed) continue;
          denied++;
          const after = world.store.counters(world.clock.now);
          expect(ofCallers(after)).toEqual(ofCallers(before));
          // Reading a decision writes nothing either.
          decision.explain().toString();
          void [decision.remedy, decision.headers, decision.limits, decision.feature("tokens")];
          await world.flux.respond(decision, factsOf(request));
          expect(world.store.counters(world.clock.now)).toEqual(after);
          for (const [counter, amount] of after) {
            const grown = amount - (before.get(counter) ?? 0);
            if (grown === 0) continue;
            const [, policy] = JSON.parse(counter) as [string, string];
            // A refused credential, or an address's own limit: all of it or, where it refused, none.
            expect(["limit:auth.failures", "limit:strangers"]).toContain(policy);
            if (policy === "limit:auth.failures") expect(request.badKey).toBe(true);
            else expect(decision.denials[0]?.name).not.toBe("strangers");
          }
        }
      }),
      { numRuns: later ? 150 : 400 },
    );
    expect(denied).toBeGreaterThan(200);
  });

  it("holds after an allowed request exactly what the request was to be charged", async () => {
    let allowed = 0;
    await fc.assert(
      fc.asyncProperty(history, async ([given, requests]) => {
        const world = makeWorld(given, later, { explain: later });
        const records: DecisionRecord[] = [];
        world.flux.on("decision", (record) => records.push(record));
        for (const request of requests) {
          world.clock.now += request.wait;
          const facts = factsOf(request);
          const asked = unitsAsked([given[request.route] as Requirement], facts);
          const before = world.store.counters(world.clock.now);
          records.length = 0;
          const decision = await world.flux.decide(facts);
          if (!decision.allowed) continue;
          allowed++;
          const after = world.store.counters(world.clock.now);
          const interval = new Map(
            decision.limits.map(({ name, quota, window }) => [
              name,
              Math.ceil((window * 1e6) / Number(quota)),
            ]),
          );
          const grown = new Map<string, number>();
          for (const [counter, amount] of after) {
            const difference = amount - (before.get(counter) ?? 0);
            if (difference === 0) continue;
            const [, id] = JSON.parse(counter) as [string, string];
            const name = id.slice(id.indexOf(":") + 1);
            const unit = id.startsWith("limit:") ? (interval.get(name) as number) : 1;
            expect(grown.has(id)).toBe(false);
            grown.set(id, difference / unit);
          }
          expect(grown).toEqual(new Map([...asked].filter(([, units]) => units > 0)));
          // Whoever observes decisions is told the same.
          expect(records).toHaveLength(1);
          const told = records[0]?.charges.map(({ name, cost }) => [name, cost] as const);
          expect(new Map(told)).toEqual(
            new Map([...asked].map(([id, units]) => [id.slice(id.indexOf(":") + 1), units])),
          );
          expect(decision.explain().checks.every(({ outcome }) => outcome !== "failed")).toBe(true);
        }
      }),
      { numRuns: later ? 150 : 400 },
    );
    expect(allowed).toBeGreaterThan(200);
  });
});

describe("all that a requirement asks for must hold", () => {
  const quotas: Record<string, Record<string, number>> = {
    free: { ...plans.free.features },
    pro: { ...plans.free.features, ...plans.pro.features, exports: 1 },
  };

  it("so a request passes exactly where its checks hold and its counters have room", async () => {
    const outcomes = { allowed: 0, denied: 0 };
    await fc.assert(
      fc.asyncProperty(history, fc.option(requirement), async ([given, requests], guard) => {
        const world = makeWorld(given);
        for (const request of requests) {
          if (request.badKey) continue;
          const requirements = [given[request.route] as Requirement, ...(guard ? [guard] : [])];
          world.clock.now += request.wait;
          const before = world.store.counters(world.clock.now);
          const facts = factsOf(request);
          const decision = await world.flux.decide(facts, guard ?? undefined);
          outcomes[decision.allowed ? "allowed" : "denied"]++;
          if (decision.allowed) expect(isPermitted(requirements, request)).toBe(true);
          else if (isPermitted(requirements, request)) {
            // Then a counter had no room; every one that is named had none.
            expect([402, 429]).toContain(decision.status);
            for (const { check, name } of decision.denials) {
              if (check !== "quota") continue;
              const tenant = callers[request.user as string]?.tenant as string;
              const used =
                before.get(JSON.stringify([`tenant:${tenant}`, `feature:${name}`, ""])) ?? 0;
              const units = unitsAsked(requirements, facts).get(`feature:${name}`) as number;
              const quota = quotas[tenants[tenant]?.plan as string]?.[name as string] as number;
              expect(used + units).toBeGreaterThan(quota);
            }
          }
        }
      }),
      { numRuns: 300 },
    );
    expect(Math.min(outcomes.allowed, outcomes.denied)).toBeGreaterThan(200);
  });
});

describe("guards of one request", () => {
  const chain = fc.array(requirement, { minLength: 1, maxLength: 4 });

  it("charge each limit once by the largest cost, and nothing at all where a later one denies", async () => {
    const outcomes = { allowed: 0, denied: 0 };
    await fc.assert(
      fc.asyncProperty(
        routes,
        fc.array(fc.tuple(call(1), chain, fc.nat({ max: 20 })), { minLength: 2, maxLength: 15 }),
        fc.boolean(),
        async (given, requests, later) => {
          const world = makeWorld(given, later);
          for (const [request, guards, between] of requests) {
            world.clock.now += request.wait;
            const facts = factsOf(request);
            const control = world.clock.now + between * guards.length;
            // What every counter would hold at the end, had this request not been.
            const untouched = world.store.counters(control);
            let decision = await world.flux.decide(facts);
            for (const guard of guards) {
              if (!decision.allowed) break;
              world.clock.now += between;
              decision = await world.flux.decide(facts, guard, decision);
            }
            // A store that answers later gives back later, too.
            await new Promise((done) => setImmediate(done));
            world.clock.now = control;
            const after = world.store.counters(control);
            if (!decision.allowed) {
              outcomes.denied++;
              expect(ofCallers(after)).toEqual(ofCallers(untouched));
              for (const { name, charged } of decision.limits)
                if (name !== "strangers") expect([name, charged]).toEqual([name, 0]);
              continue;
            }
            outcomes.allowed++;
            const asked = unitsAsked([given[0] as Requirement, ...guards], facts);
            const charged = new Map(decision.limits.map(({ name, charged }) => [name, charged]));
            for (const [id, units] of asked)
              expect([id, charged.get(id.slice(id.indexOf(":") + 1))]).toEqual([id, units]);
            for (const [counter, amount] of after) {
              const [, id] = JSON.parse(counter) as [string, `feature:${string}`];
              if (id.startsWith("feature:"))
                expect([id, amount - (untouched.get(counter) ?? 0)]).toEqual([
                  id,
                  amount === (untouched.get(counter) ?? 0) ? 0 : asked.get(id),
                ]);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(Math.min(outcomes.allowed, outcomes.denied)).toBeGreaterThan(100);
  });

  it("keep what an address was charged, whoever denies afterwards", async () => {
    const world = makeWorld([{ auth: "none", limit: "strangers", cost: 2 }]);
    const request = { user: "bob", badKey: false, ip: "192.0.2.1", thing: "a", route: 0, wait: 0 };
    const first = await play(world, request);
    const later = await world.flux.decide(
      factsOf(request),
      { roles: "staff", limit: "api" },
      first,
    );
    expect(later.code).toBe("forbidden");
    const counters = [...world.store.counters(world.clock.now).keys()];
    expect(counters).toEqual(['["ip:192.0.2.1","limit:strangers",""]']);
    expect(counters.every(isStrangers)).toBe(true);
  });

  it("charge in full where what an earlier one charged was given back", async () => {
    const world = makeWorld([{ limit: "api", cost: 3, use: { tokens: 4 } }]);
    const request = { user: "ada", badKey: false, ip: "192.0.2.1", thing: "a", route: 0, wait: 0 };
    const first = await play(world, request);
    const charged = world.store.counters(world.clock.now);
    expect((await world.flux.decide(factsOf(request), { flag: "shut" }, first)).allowed).toBe(
      false,
    );
    expect(world.store.counters(world.clock.now).size).toBe(0);
    const other = await world.flux.decide(factsOf(request), { flag: "open" }, first);
    expect(other.allowed).toBe(true);
    expect(world.store.counters(world.clock.now)).toEqual(charged);
  });

  it("take nothing for charged that a refused one only asked for", async () => {
    const world = makeWorld([{ limit: "api", cost: 5 }]);
    const request = { user: "ada", badKey: false, ip: "192.0.2.1", thing: "a", route: 0, wait: 0 };
    const facts = factsOf(request);
    expect((await play(world, request)).allowed).toBe(true);
    const refused = await play(world, request);
    expect(refused.code).toBe("rate_limited");
    expect((await world.flux.decide(facts, undefined, refused)).code).toBe("rate_limited");
  });

  it("do not take the word of another Flux on who is calling", async () => {
    const lax = makeWorld([{ auth: "none" }], false, {
      auth: { custom: () => ({ subject: "root", tenant: "acme", scopes: ["read"] }) },
      routes: { "GET /r0": { auth: "required" } },
    });
    const strict = makeWorld([{ scopes: "read" }]);
    const facts = factsOf({
      user: undefined,
      badKey: false,
      ip: "::1",
      thing: "a",
      route: 0,
      wait: 0,
    });
    const earlier = await lax.flux.decide(facts);
    expect(earlier.principal?.subject).toBe("root");
    expect((await strict.flux.decide(facts, undefined, earlier)).code).toBe("unauthenticated");
  });

  it("read their flags for whom they know, not for the stranger whom an earlier one saw", async () => {
    const world = makeWorld([{ auth: "none", flag: { pro: "off" } }]);
    const facts = (user: string) =>
      factsOf({ user, badKey: false, ip: "::1", thing: "a", route: 0, wait: 0 });
    for (const [user, allowed] of [
      ["cat", false],
      ["ada", true],
    ] as const) {
      const first = await world.flux.decide(facts(user));
      expect(first.allowed).toBe(true);
      expect(first.flag("pro")).toBe(false);
      const second = await world.flux.decide(facts(user), { auth: "required" }, first);
      expect([user, second.allowed]).toEqual([user, allowed]);
    }
  });
});
