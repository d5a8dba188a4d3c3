/** What a decision takes as there is more of something: routes, flags, tenants with counters. */
import { type Decision, defineFlux, memoryStore } from "@flux/core";
import { median } from "../measure/rounds.ts";
import { flags } from "../scenario/app.ts";

/** ns a decision at each size, one a round. */
export interface Growth {
  readonly size: number;
  readonly rounds: readonly number[];
}

const tenOnward = [10, 100, 1_000, 10_000] as const;

/** Times each way in turn, round by round, so that the machine's mood meets all sizes alike. */
function timed(
  ways: ReadonlyMap<number, (i: number) => void>,
  rounds: number,
  calls: number,
): Growth[] {
  const measured = new Map([...ways.keys()].map((size) => [size, [] as number[]]));
  let i = 0;
  for (let round = -3; round < rounds; round++)
    for (const [size, act] of ways) {
      const started = performance.now();
      for (let call = 0; call < calls; call++) act(i++);
      const took = ((performance.now() - started) * 1e6) / calls;
      if (round >= 0) measured.get(size)?.push(took);
    }
  return [...measured].map(([size, values]) => ({ size, rounds: values }));
}

const allowed = (decision: Decision | Promise<Decision>) => {
  if (!(decision as Decision).allowed) throw new Error("refused, or not decided at once");
};

/** Which of so many are asked for: ten, far from each other, so that what is told is no miss of a cache. */
const spread = (count: number) =>
  Array.from({ length: 10 }, (_, i) => Math.floor((i * count) / 10));

/** A public request with two parameters, among so many routes. */
export function byRoutes(rounds: number): Growth[] {
  const ways = new Map<number, (i: number) => void>();
  for (const count of tenOnward) {
    const routes: Record<string, "public"> = {};
    for (let i = 0; i < count; i++) routes[`GET /service${i}/items/:id/parts/:part`] = "public";
    const flux = defineFlux({ routes });
    const urls = spread(count).map((i) =>
      Buffer.from(`/service${i}/items/${i}/parts/seven`, "latin1"),
    );
    ways.set(count, (i) => {
      // As a parser gives it: a new string.
      const url = (urls[i % 10] as Buffer).toString("latin1");
      allowed(flux.decide({ method: "GET", url, headers: {} }));
    });
  }
  return timed(ways, rounds, 20_000);
}

/** A decision that needs one flag, among so many of the same targeting. */
export async function byFlags(rounds: number): Promise<Growth[]> {
  const ways = new Map<number, (i: number) => void>();
  for (const count of tenOnward) {
    const flux = defineFlux({
      auth: { claims: { tenants: "orgs" } },
      tenant: { from: { header: "x-tenant" }, load: () => ({ plan: "pro" }) },
      plans: { pro: { features: {} } },
      defaultPlan: "pro",
      flags: Object.fromEntries(
        Array.from({ length: count }, (_, i) => [`flag-${i}`, flags["exports-v2"]]),
      ),
    });
    const caller = flux.as({ tenant: "acme", subject: "alice" });
    const asked = spread(count).map((i) => flux.prepare({ flag: `flag-${i}` }));
    // The tenant's record is loaded once.
    await caller.decide();
    ways.set(count, (i) => allowed(caller.decide(asked[i % 10] as (typeof asked)[number])));
  }
  return timed(ways, rounds, 20_000);
}

const keyCounts = [10, 1_000, 100_000, 1_000_000] as const;

/**
 * A decision with a limit, of one of so many tenants at random; and the least that anybody does who counts by
 * tenant: a `Map` from a key that is put together for each request to an object with two numbers.
 */
export function byKeys(rounds: number): { flux: Growth[]; map: Growth[] } {
  const orders = new Map(
    keyCounts.map((count) => [
      count,
      Int32Array.from({ length: 65_536 }, () => Math.random() * count),
    ]),
  );
  const names = Array.from({ length: 1_000_000 }, (_, i) => `tenant-${i}`);
  const flux = new Map<number, (i: number) => void>();
  const map = new Map<number, (i: number) => void>();
  for (const count of keyCounts) {
    const store = memoryStore({ maxKeys: Math.max(16, 2 * count) });
    const engine = defineFlux({
      store,
      auth: {
        custom: (facts) => ({
          subject: "u",
          tenant: (facts.headers as Record<string, string>)["x-tenant"] as string,
        }),
      },
      tenant: { from: { claim: "tenant" } },
      limits: { api: { quota: 50_000_000, window: "1m", burst: 50_000_000, by: "tenant" } },
      routes: { "GET /x": { limit: "api" } },
    });
    const order = orders.get(count) as Int32Array;
    const facts = (tenant: string) => ({
      method: "GET",
      url: "/x",
      headers: { "x-tenant": tenant },
    });
    for (let i = 0; i < count; i++) allowed(engine.decide(facts(names[i] as string)));
    if (store.size !== count) throw new Error(`${store.size} counters are held, not ${count}`);
    flux.set(count, (i) =>
      allowed(engine.decide(facts(names[order[i & 65_535] as number] as string))),
    );
    const plain = new Map<string, { value: number; side: number }>();
    for (let i = 0; i < count; i++) plain.set(`tenant:${names[i]}`, { value: i, side: i });
    map.set(count, (i) => {
      const counter = plain.get(`tenant:${names[order[i & 65_535] as number]}`) as {
        value: number;
      };
      counter.value++;
    });
  }
  // Both in the same rounds: the Map's under the negative of its size.
  const both = timed(
    new Map([...flux, ...[...map].map(([size, act]) => [-size, act] as const)]),
    rounds,
    50_000,
  );
  return {
    flux: both.filter(({ size }) => size > 0),
    map: both.filter(({ size }) => size < 0).map((each) => ({ ...each, size: -each.size })),
  };
}

export const at = (growth: readonly Growth[], size: number): readonly number[] =>
  growth.find((each) => each.size === size)?.rounds ?? [];

export const medianAt = (growth: readonly Growth[], size: number): number =>
  median(at(growth, size));
