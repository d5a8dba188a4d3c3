/** Which policies limiters can count, and the counter of each: made when it is first asked for. */
import type { Policy, RatePolicy } from "../limits/policy.ts";
import { Counter } from "./counter.ts";
import { unfitness } from "./fitness.ts";
import { prefixOf } from "./keys.ts";
import type { FlexibleLimiter, MakeLimiter } from "./limiter.ts";
import type { Patience } from "./patience.ts";

const second = 1_000_000;

export class Counters {
  readonly #make: MakeLimiter;
  readonly #patience: Patience;
  readonly #made = new Map<string, Counter | string>();

  constructor(make: MakeLimiter, patience: Patience) {
    this.#make = make;
    this.#patience = patience;
  }

  /** The counter of a policy, or why there can be none: words for the config's list of mistakes. */
  of(policy: Policy): Counter | string {
    const { id } = policy;
    if (policy.kind === "quota")
      return "flexibleStore cannot count metered features: its windows know no calendar, and begin with the first request. Use memoryStore, sqliteStore or redisStore.";
    const known = `${id}/${policy.quota}/${policy.burst}/${policy.window}`;
    let made = this.#made.get(known);
    if (made === undefined) {
      made = uncountable(policy) ?? this.#counter(policy);
      this.#made.set(known, made);
    }
    return made;
  }

  #counter({ name, quota, window }: RatePolicy): Counter | string {
    const duration = window / second;
    const asked = { keyPrefix: prefixOf(name, duration), points: quota, duration };
    let limiter: FlexibleLimiter;
    try {
      limiter = this.#make(Object.freeze({ ...asked }), name);
    } catch (error) {
      return `its limiter could not be made: ${error instanceof Error ? error.message : String(error)}`;
    }
    return unfitness(limiter, asked) ?? new Counter(limiter, this.#patience);
  }
}

function uncountable({ quota, burst, window }: RatePolicy): string | undefined {
  if (burst !== quota)
    return `burst must be left out: flexibleStore counts in fixed windows, which admit the quota of ${quota} at once, not ${burst}.`;
  if (window % second !== 0)
    return `window must be a whole number of seconds for flexibleStore, got ${window / 1_000} ms.`;
  return undefined;
}
