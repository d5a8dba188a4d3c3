/** For this room's tests: limiters that do what a test says, around the library's own in memory. */
import { RateLimiterMemory } from "rate-limiter-flexible";
import { type RateDefinition, ratePolicy } from "../limits/policy.ts";
import { remaining } from "../limits/state.ts";
import type { Charge, Receipt } from "../limits/store.ts";
import { type FlexibleStoreOptions, flexibleStore } from "./flexible-store.ts";
import type { FlexibleWindow } from "./limiter.ts";

type Method = "consume" | "get" | "reward" | "penalty";

/** Notes every call; `before` may hold one back, or fail it. */
export class WatchedLimiter extends RateLimiterMemory {
  readonly calls: string[] = [];
  before: ((method: Method) => Promise<void> | undefined) | undefined;
  /** Runs once the call is made, before its answer arrives. */
  after: ((method: Method) => Promise<void> | undefined) | undefined;

  override consume(key: string, points?: number) {
    return this.#watch("consume", points, () => super.consume(key, points));
  }
  override get(key: string) {
    return this.#watch("get", undefined, () => super.get(key));
  }
  override reward(key: string, points?: number) {
    return this.#watch("reward", points, () => super.reward(key, points));
  }
  override penalty(key: string, points?: number) {
    return this.#watch("penalty", points, () => super.penalty(key, points));
  }

  /** What was called since it was last asked. */
  taken(): string[] {
    return this.calls.splice(0);
  }

  async #watch<T>(method: Method, points: number | undefined, call: () => Promise<T>): Promise<T> {
    this.calls.push(points === undefined ? method : `${method} ${points}`);
    await this.before?.(method);
    const answer = call();
    const settled = answer.then(
      () => undefined,
      () => undefined,
    );
    if (this.after !== undefined) {
      await settled;
      await this.after(method);
    }
    return answer;
  }
}

let names = 0;

/** A store with one limit, of a name that no other test has. */
export function watched(
  definition: Omit<RateDefinition, "name">,
  more: ConstructorParameters<typeof RateLimiterMemory>[0] | object = {},
  options: FlexibleStoreOptions = {},
) {
  const name = `limit_${++names}`;
  const made: WatchedLimiter[] = [];
  const store = flexibleStore((window: FlexibleWindow) => {
    const limiter = new WatchedLimiter({ ...window, ...more });
    // The library gives these to limiters on servers alone; they are read by name.
    Object.assign(limiter, more);
    made.push(limiter);
    return limiter;
  }, options);
  const policy = ratePolicy({ name, ...definition });
  store.refuses(policy);
  store.connect({ now: () => Date.now() });
  const on = (cost = 1, partition = ""): Charge => ({ policy, partition, cost });
  const charge = async (cost = 1, dryRun = false): Promise<Receipt> => {
    const charges = [on(cost)];
    return {
      owner: "tenant:acorn",
      charges,
      outcome: await store.charge("tenant:acorn", charges, dryRun),
    };
  };
  const left = async () => {
    const { charges, outcome } = await charge(0);
    return remaining(charges[0] as Charge, outcome, 0);
  };
  return { store, policy, name, on, charge, left, limiter: made[0] as WatchedLimiter };
}
