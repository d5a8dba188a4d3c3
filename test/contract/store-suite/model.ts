/**
 * The contract of a store as plainly as it can be said: no bounds, no idle counters, no other process.
 * Moments are µs since the epoch.
 */
import type { Charge, Policy, QuotaPolicy, RatePolicy } from "@flux/core";

/** A rate's: `value` is the TAT, `side` the credits given. A quota's: units used, start of the period. */
export interface Counter {
  value: number;
  side: number;
  /** Whose unit a rate's TAT is told in. */
  policy: Policy;
}

export interface Verdict {
  readonly allowed: boolean;
  /** The counter of each charge, after it or, where the call is refused, as it was held against. */
  readonly counters: readonly Counter[];
}

export class Model {
  #counters = new Map<string, Counter>();
  readonly #windowed: boolean;

  constructor(windowed: boolean) {
    this.#windowed = windowed;
  }

  /** @param ends where rates are counted in windows: when a window that begins now ends, as the store says. */
  charge(
    owner: string,
    charges: readonly Charge[],
    dryRun: boolean,
    at: number,
    ends: (i: number) => number,
  ): Verdict {
    const before = this.#counters;
    const written = new Map(before);
    this.#counters = new Map([...before].map(([key, counter]) => [key, { ...counter }]));
    const steps = charges.map((charge, i) => {
      const counter = this.#counter(owner, charge, at, ends(i));
      const held = { ...counter };
      const fits = charge.cost === 0 || this.#fits(counter, charge, at);
      if (fits && charge.cost > 0) {
        this.#take(counter, charge.policy, charge.cost, at);
        written.set(keyOf(owner, charge), { ...counter });
      }
      return { fits, held, taken: { ...counter } };
    });
    const allowed = steps.every(({ fits }) => fits);
    this.#counters = allowed && !dryRun ? written : before;
    return { allowed, counters: steps.map(({ held, taken }) => (allowed ? taken : held)) };
  }

  /** @param made the charge's counter after it. */
  settle(owner: string, charge: Charge, made: Counter, units: number, at: number): void {
    const { policy, cost } = charge;
    if (this.#isUnits(policy)) {
      const over = policy.kind === "quota" ? periodEnd(policy, made.side) : made.side;
      if (at >= over) return;
      const counter = this.#counter(owner, charge, at, made.side);
      counter.value = Math.max(0, counter.value + units - cost);
      return;
    }
    const counter = this.#counter(owner, charge, at, 0, false);
    if (units > cost) {
      this.#take(counter, counter.policy, units - cost, at);
    } else {
      const worth = (cost - units) * (policy as RatePolicy).interval;
      const credit = Math.min(worth, made.value - (counter.side - made.side) - at);
      if (credit > 0) this.adopt(owner, charge, counter.value - credit);
    }
  }

  /** A counter as it stands, told in the units of the policy that charged it last. */
  counter(owner: string, charge: Charge): Counter {
    const { policy } = charge;
    return this.#counters.get(keyOf(owner, charge)) ?? { value: 0, side: 0, policy };
  }

  /** Takes a rate's TAT over from the store, after a refund at a moment that only the store knows. */
  adopt(owner: string, charge: Charge, tat: number): void {
    const counter = this.#counters.get(keyOf(owner, charge));
    if (counter === undefined) return;
    if (tat < counter.value) counter.side += counter.value - tat;
    counter.value = tat;
  }

  copy(): Model {
    const copy = new Model(this.#windowed);
    for (const [key, counter] of this.#counters) copy.#counters.set(key, { ...counter });
    return copy;
  }

  #isUnits(policy: Policy): boolean {
    return policy.kind === "quota" || this.#windowed;
  }

  #counter(owner: string, charge: Charge, at: number, ends: number, converts = true): Counter {
    const { policy } = charge;
    const key = keyOf(owner, charge);
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      counter = { value: 0, side: 0, policy };
      this.#counters.set(key, counter);
    }
    if (policy.kind === "quota") {
      const start = periodStart(policy, at);
      if (counter.side < start) Object.assign(counter, { value: 0, side: start });
    } else if (this.#windowed) {
      if (at >= counter.side) Object.assign(counter, { value: 0, side: ends });
    } else if (converts && counter.policy !== policy) {
      const { interval } = counter.policy as RatePolicy;
      const owed = counter.value - at;
      if (owed > 0) {
        counter.side += owed;
        counter.value = at + Math.ceil((owed / interval) * policy.interval);
      }
      counter.policy = policy;
    }
    return counter;
  }

  #fits(counter: Counter, { policy, cost }: Charge, at: number): boolean {
    if (this.#isUnits(policy)) return counter.value + cost <= policy.quota;
    const { interval, tolerance } = policy as RatePolicy;
    return Math.max(counter.value, at) + cost * interval - at <= tolerance;
  }

  #take(counter: Counter, policy: Policy, units: number, at: number): void {
    if (this.#isUnits(policy)) counter.value += units;
    else counter.value = Math.max(counter.value, at) + units * (policy as RatePolicy).interval;
  }
}

function keyOf(owner: string, { policy, partition }: Charge): string {
  return JSON.stringify([owner, policy.id, partition]);
}

function periodStart({ per }: QuotaPolicy, at: number): number {
  const date = new Date(Math.floor(at / 1_000));
  if (per === "month") return 1_000 * Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
  return 1_000 * date.setUTCHours(per === "day" ? 0 : date.getUTCHours(), 0, 0, 0);
}

function periodEnd(policy: QuotaPolicy, start: number): number {
  const date = new Date(start / 1_000);
  if (policy.per === "month")
    return 1_000 * Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
  return start + (policy.per === "day" ? 24 : 1) * 3_600_000_000;
}
