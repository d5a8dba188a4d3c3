/** A Flux small enough to know all of, for properties: its callers, its config, and a store that tells what it holds. */
import {
  type Charge,
  type Decision,
  defineFlux,
  type Facts,
  type Flux,
  memoryStore,
  type Outcome,
  type Policy,
  type Receipt,
  type Requirement,
  type Store,
} from "@flux/core";
import fc from "fast-check";

/** 2026-11-30, 23:00 UTC: an hour before a day and a month end. */
export const start = Date.UTC(2026, 10, 30, 23);

export interface Caller {
  readonly tenant: string | undefined;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
}

export const callers: Readonly<Record<string, Caller>> = {
  ada: { tenant: "acme", scopes: ["read", "write"], roles: ["staff"] },
  bob: { tenant: "acme", scopes: ["read"], roles: [] },
  cat: { tenant: "globex", scopes: ["read", "write"], roles: ["staff"] },
  dan: { tenant: "globex", scopes: [], roles: ["staff"] },
  eve: { tenant: undefined, scopes: ["read", "write"], roles: ["staff"] },
  fay: { tenant: "idle", scopes: ["read", "write"], roles: ["staff"] },
};

/** `idle` is suspended; `eve` belongs to no tenant. */
export const tenants: Readonly<Record<string, { plan: string; status?: string }>> = {
  acme: { plan: "free" },
  globex: { plan: "pro" },
  idle: { plan: "pro", status: "suspended" },
};

export const limits = {
  api: { quota: 6, window: "1m", burst: 9, by: "tenant", plans: { pro: { quota: 60, burst: 14 } } },
  each: { quota: 5, window: "10s", by: "principal" },
  thing: { quota: 4, window: "1m", by: (facts: Facts) => String(header(facts, "x-thing")) },
  strangers: { quota: 12, window: "1m", by: "ip" },
} as const;
export type LimitName = keyof typeof limits;

export const plans = {
  free: { features: { seats: 3, tokens: 12, calls: 20 } },
  pro: { extends: "free", features: { exports: true, tokens: 30 } },
} as const;

const header = (facts: Facts, name: string) => (facts.headers as Record<string, string>)[name];

/** Keeps what every counter that was ever charged holds within sight. */
export class WatchedStore implements Store {
  readonly atomic = true;
  readonly #inner = memoryStore();
  readonly #later: boolean;
  readonly #seen = new Map<string, { owner: string; policy: Policy; partition: string }>();
  /** Calls that may have written. */
  readonly writes: string[] = [];

  /** @param later whether it answers by promises, as a store on the network does. */
  constructor(later = false) {
    this.#later = later;
  }

  connect(host: { now(): number }): void {
    this.#inner.connect(host);
  }

  charge(
    owner: string,
    charges: readonly Charge[],
    dryRun?: boolean,
    at?: number,
  ): Outcome | Promise<Outcome> {
    // A dry run may ask about another plan's policy, in which a counter's µs would be worth something else.
    for (const { policy, partition } of dryRun === true ? [] : charges)
      this.#seen.set(JSON.stringify([owner, policy.id, partition]), { owner, policy, partition });
    const outcome = this.#inner.charge(owner, charges, dryRun, at);
    if (dryRun !== true && outcome.allowed)
      this.writes.push(
        `charge ${owner} ${charges.map(({ policy, cost }) => `${policy.id} ${cost}`)}`,
      );
    return this.#later ? Promise.resolve(outcome) : outcome;
  }

  settle(receipt: Receipt, actual: readonly (number | undefined)[]): void | Promise<void> {
    this.writes.push(`settle ${receipt.owner} ${actual}`);
    this.#inner.settle(receipt, actual);
    if (this.#later) return Promise.resolve();
  }

  /**
   * What each counter holds at a moment (ms): of a quota the units used, of a rate the µs until it is full.
   * A counter that holds nothing is left out.
   */
  counters(now: number): Map<string, number> {
    const held = new Map<string, number>();
    for (const { owner, policy, partition } of this.#seen.values()) {
      const outcome = this.#inner.charge(owner, [{ policy, partition, cost: 0 }], true, now);
      const value = outcome.marks[0] as number;
      const amount = policy.kind === "quota" ? value : Math.max(0, value - outcome.at);
      if (amount > 0) held.set(JSON.stringify([owner, policy.id, partition]), amount);
    }
    return held;
  }
}

export interface World {
  readonly flux: Flux;
  readonly store: WatchedStore;
  readonly clock: { now: number };
  readonly errors: { source: string; message: string; error?: unknown }[];
}

/** @param routes requirements of the config, the first under `GET /r0`. */
export function makeWorld(routes: readonly Requirement[] = [], later = false, more = {}): World {
  const clock = { now: start };
  const store = new WatchedStore(later);
  const flux = defineFlux({
    auth: {
      custom: (facts: Facts) => {
        const name = header(facts, "x-user");
        if (name === undefined) return undefined;
        const principal = { subject: name, ...callers[name] };
        return later ? Promise.resolve(principal) : principal;
      },
      apiKeys: { header: "x-api-key", lookup: () => undefined },
      failures: { quota: 4, window: "1m" },
    },
    tenant: {
      from: { claim: "org" },
      load: (id: string) => tenants[id],
    },
    features: {
      exports: { kind: "boolean" },
      seats: { kind: "static" },
      tokens: { kind: "metered", per: "hour" },
      calls: { kind: "metered", per: "month" },
    },
    plans,
    flags: {
      open: { state: "ENABLED", variants: { on: true, off: false }, defaultVariant: "on" },
      shut: { state: "ENABLED", variants: { on: true, off: false }, defaultVariant: "off" },
      pro: {
        state: "ENABLED",
        variants: { on: true, off: false },
        defaultVariant: "off",
        targeting: { if: [{ "==": [{ var: "plan" }, "pro"] }, "on", "off"] },
      },
    },
    limits,
    routes: Object.fromEntries(routes.map((requirement, i) => [`GET /r${i}`, requirement])),
    now: () => clock.now,
    store,
    logger: { warn: () => undefined, error: () => undefined },
    ...more,
  } as never) as unknown as Flux;
  const errors: World["errors"] = [];
  flux.on("error", (event) => errors.push(event));
  return { flux, store, clock, errors };
}

export interface Call {
  readonly user: string | undefined;
  readonly badKey: boolean;
  readonly ip: string;
  readonly thing: string;
  /** Which route of the config; beyond the last one: none. */
  readonly route: number;
  /** Milliseconds that pass before it. */
  readonly wait: number;
}

export function factsOf({ user, badKey, ip, thing, route }: Call): Facts {
  return {
    method: "GET",
    url: `/r${route}`,
    headers: {
      "x-thing": thing,
      ...(user === undefined ? {} : { "x-user": user }),
      ...(badKey ? { "x-api-key": "a-key-that-nobody-gave-out" } : {}),
    },
    ip,
  };
}

export const call = (routes: number): fc.Arbitrary<Call> =>
  fc.record({
    user: fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom(...Object.keys(callers)) },
      { weight: 1, arbitrary: fc.constant(undefined) },
    ),
    badKey: fc.oneof(
      { weight: 15, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
    ip: fc.constantFrom("192.0.2.1", "192.0.2.2"),
    thing: fc.constantFrom("a", "b", "acme", "custom|ada"),
    route: fc.nat({ max: Math.max(0, routes - 1) }),
    wait: fc.oneof(
      { weight: 6, arbitrary: fc.nat({ max: 900 }) },
      { weight: 2, arbitrary: fc.nat({ max: 30_000 }) },
      { weight: 1, arbitrary: fc.constant(1_900_000) },
    ),
  });

const cost = fc.oneof(
  fc.nat({ max: 5 }),
  fc.nat({ max: 5 }).map((units) => () => units),
);
/** A field that some requirements have. */
const some = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
const amounts = fc.record({ tokens: cost, calls: cost }, { requiredKeys: [] });

/** A requirement that the config of the world accepts. */
export const requirement: fc.Arbitrary<Requirement> = fc
  .record({
    auth: some(fc.constantFrom("required", "optional", "none")),
    scopes: some(fc.constantFrom("read", ["read", "write"], { any: ["write", "admin"] })),
    roles: some(fc.constant("staff")),
    flag: some(fc.constantFrom("open", "open", "pro", "shut", { pro: "off" })),
    feature: some(fc.constantFrom("seats", "exports")),
    use: some(amounts),
    limit: fc.option(fc.subarray(Object.keys(limits), { minLength: 1 }), { nil: undefined }),
    cost: some(cost),
  })
  .map((given) => {
    const { auth, limit, flag, cost, ...rest } = given;
    if (auth !== "none") return limit === undefined ? { auth, flag, ...rest } : given;
    const open = (limit ?? []).filter((name) => name === "strangers" || name === "thing");
    return open.length === 0 ? { auth, flag } : { auth, flag, limit: open, cost };
  })
  .map((given) =>
    Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  ) as never;

/** The units that a request is charged where these requirements meet: the largest of each. */
export function unitsAsked(
  requirements: readonly Requirement[],
  facts: Facts,
): Map<`limit:${string}` | `feature:${string}`, number> {
  const asked = new Map<`limit:${string}` | `feature:${string}`, number>();
  const add = (id: `limit:${string}` | `feature:${string}`, given: unknown) => {
    const units = typeof given === "function" ? (given(facts) as number) : (given as number);
    asked.set(id, Math.max(asked.get(id) ?? 0, units));
  };
  for (const { limit, cost = 1, use } of requirements) {
    for (const name of typeof limit === "string" ? [limit] : (limit ?? []))
      add(`limit:${name}`, cost);
    for (const [name, amount] of Object.entries(use ?? {})) add(`feature:${name}`, amount);
  }
  return asked;
}

/** Whether the address rather than the caller is counted. */
export const isStrangers = (counter: string) => counter.startsWith('["ip:');

/** The counters of callers: all but those of addresses. */
export const ofCallers = (counters: Map<string, number>) =>
  new Map([...counters].filter(([counter]) => !isStrangers(counter)));

/** All that a caller can see of a decision. */
export const answer = async (flux: Flux, decision: Decision, facts: Facts): Promise<string> => {
  const { status, code, headers, limits, remedy, denials, degraded, tenant } = decision;
  const response = decision.allowed ? undefined : await flux.respond(decision, facts);
  return JSON.stringify({
    status,
    code,
    headers,
    limits,
    remedy,
    denials,
    degraded,
    tenant,
    response,
  });
};
