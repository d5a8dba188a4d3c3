/** What a case counts with: stores of the target, and owners and limits that no other case has. */
import type { Charge, Policy, QuotaPolicy, RatePolicy, Receipt, Store } from "@flux/core";
import { expect } from "vitest";
import {
  type QuotaDefinition,
  quotaPolicy,
  type RateDefinition,
  ratePolicy,
} from "../../../packages/core/src/limits/policy.ts";
import { remaining, used } from "../../../packages/core/src/limits/state.ts";
import type { RunningTarget, SuiteClock } from "./target.ts";

export const second = 1_000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

let cases = 0;

export class Counting {
  readonly clock: SuiteClock;
  readonly #target: RunningTarget;
  readonly #number = ++cases;
  readonly #stores: Store[] = [];
  readonly #owners = new Set<string>();

  constructor(target: RunningTarget) {
    this.#target = target;
    this.clock = target.clock;
  }

  /** The first store. */
  get store(): Store {
    return this.#stores[0] as Store;
  }

  /** A store as another process has it. */
  async open(): Promise<Store> {
    const store = await this.#target.open();
    this.#stores.push(store);
    await store.connect?.({ now: () => this.clock.now() });
    return store;
  }

  async close(): Promise<void> {
    for (const store of this.#stores) await store.close?.();
  }

  /** An owner of this case. */
  owner(name = "acme"): string {
    return `${name}-${this.#number}`;
  }

  /** A limit of this case; one of the same name is another variant of it. `window` in ms. */
  rate(definition: Omit<RateDefinition, "name">, name = "api"): RatePolicy {
    return this.#held(ratePolicy({ ...definition, name: `${name}-${this.#number}` }));
  }

  /** A metered feature of this case; one of the same name is another variant of it. */
  quota(definition: Omit<QuotaDefinition, "name">, name = "tokens"): QuotaPolicy {
    return this.#held(quotaPolicy({ ...definition, name: `${name}-${this.#number}` }));
  }

  #held<P extends Policy>(policy: P): P {
    expect(this.store.refuses?.(policy), "why the store refuses it").toBeUndefined();
    return policy;
  }

  /** One call, whose outcome is one that the contract allows. */
  async call(
    owner: string,
    charges: readonly Charge[],
    { dryRun = false, by = this.store }: { dryRun?: boolean; by?: Store } = {},
  ): Promise<Receipt> {
    this.#owners.add(owner);
    const outcome = await by.charge(owner, charges, dryRun, this.clock.now());
    expect(outcome.degraded ?? false, "answered by the source of truth").toBe(false);
    expect(Number.isSafeInteger(outcome.at), "a moment in whole µs").toBe(true);
    expect(outcome.marks.length).toBe(2 * charges.length);
    for (const mark of outcome.marks) expect(Number.isSafeInteger(mark), `${mark}`).toBe(true);
    return { owner, charges, outcome };
  }

  spend(owner: string, ...charges: Charge[]): Promise<Receipt> {
    return this.call(owner, charges);
  }

  /** Whether a call passes. */
  async passes(owner: string, ...charges: Charge[]): Promise<boolean> {
    return (await this.call(owner, charges)).outcome.allowed;
  }

  /** Units that can be spent now. */
  async left(owner: string, policy: Policy, partition = "", by = this.store): Promise<number> {
    const peek = on(policy, 0, partition);
    return remaining(peek, (await this.call(owner, [peek], { by })).outcome, 0);
  }

  /** Units that are used now. */
  async used(owner: string, policy: Policy, partition = "", by = this.store): Promise<number> {
    const peek = on(policy, 0, partition);
    return used(peek, (await this.call(owner, [peek], { by })).outcome, 0);
  }

  async settle(
    receipt: Receipt,
    actual: readonly (number | undefined)[],
    by = this.store,
  ): Promise<void> {
    await by.settle(receipt, actual);
  }

  /**
   * Moves the clock. What the stores remember of refusals, for a second at most, they are made to forget:
   * no real server's clock jumps by an hour.
   */
  async pass(ms: number): Promise<void> {
    if (this.clock.advance === undefined) throw new Error("this target's clock cannot be moved");
    await this.clock.advance(ms);
    for (const store of this.#stores) for (const owner of this.#owners) await store.reset?.(owner);
  }

  /** Moves the clock to a moment, ms since the epoch. */
  async passTo(moment: number): Promise<void> {
    await this.pass(moment - this.clock.now());
  }

  /** Waits, or moves the clock, until what is tried gives something. */
  async until<T>(moment: number, attempt: () => Promise<T | undefined>): Promise<T> {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const found = await attempt();
      if (found !== undefined) return found;
      if (Date.now() > deadline) throw new Error("it does not come about");
      if (this.clock.advance !== undefined && moment > this.clock.now()) await this.passTo(moment);
      else await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Sees to it that no hour, and so no period, ends within the next 20 s. */
  async keepClearOfEdges(): Promise<void> {
    const left = hour - (this.clock.now() % hour);
    if (left > 20 * second) return;
    if (this.clock.advance !== undefined) await this.clock.advance(left + second);
    else await new Promise((resolve) => setTimeout(resolve, left + second));
  }
}

export function on(policy: Policy, cost = 1, partition = ""): Charge {
  return { policy, partition, cost };
}

/** A receipt as it reaches another process: plain data, with policies that the other config has, too. */
export function carried({ owner, charges, outcome }: Receipt): Receipt {
  const { at, marks, ticket, windowed } = outcome;
  const kept = {
    owner,
    costs: charges.map(({ partition, cost }) => ({ partition, cost })),
    outcome: {
      allowed: true,
      at,
      marks,
      ...(ticket !== undefined && { ticket }),
      ...(windowed === true && { windowed }),
    },
  };
  const read = JSON.parse(JSON.stringify(kept)) as typeof kept;
  return {
    owner: read.owner,
    charges: read.costs.map((each, i) => ({ ...each, policy: (charges[i] as Charge).policy })),
    outcome: read.outcome,
  };
}
