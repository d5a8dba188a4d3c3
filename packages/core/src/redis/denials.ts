/**
 * What the server has refused of late, so that a client that is being refused costs no round trip.
 *
 * A refusal is remembered for what it was of: policies, partitions and costs. It is told again where a
 * call asks for at least as much, as long as the counter cannot have refilled; and for a second at
 * most, since another process may have given something back in the meantime.
 */
import { fitsQuota, fitsRate } from "../limits/arithmetic.ts";
import { periodEnd } from "../limits/period.ts";
import type { Policy } from "../limits/policy.ts";
import { isSameAllowance, isSameCounter } from "../limits/same-counter.ts";
import type { Charge } from "../limits/store.ts";
import { BoundedMap } from "../support/bounded-map.ts";

/** Owners that are remembered at most; counters of each; and for how long, ms. */
const bounds = { owners: 10_000, counters: 64, milliseconds: 1_000 } as const;

interface Seen {
  readonly policy: Policy;
  readonly partition: string;
  value: number;
  side: number;
  /** ms of the monotonic clock. */
  until: number;
}

export class Denials {
  readonly #owners = new BoundedMap<string, Seen[]>(bounds.owners);

  /** Whether anything is remembered of an owner. */
  of(owner: string): boolean {
    return this.#owners.get(owner) !== undefined;
  }

  /**
   * Remembers a refused call.
   * @param marks as its outcome has them.
   * @param sent when the server was asked, ms of the monotonic clock: it has refused since.
   */
  note(owner: string, charges: readonly Charge[], marks: readonly number[], sent: number): void {
    const now = performance.now();
    const until = sent + bounds.milliseconds;
    if (until <= now || hasTwins(charges)) return;
    const seen = charges.map(({ policy, partition }, i) => ({
      policy,
      partition,
      value: marks[2 * i] as number,
      side: marks[2 * i + 1] as number,
      until,
    }));
    const others = (this.#owners.get(owner) ?? []).filter(
      (each) => each.until > now && !charges.some((charge) => isSameAllowance(each, charge)),
    );
    this.#owners.set(owner, [...others, ...seen].slice(-bounds.counters));
  }

  /**
   * The marks of a call that is bound to be refused; `undefined` where the server must be asked.
   * @param at the server's clock, µs.
   */
  marksOf(owner: string, charges: readonly Charge[], at: number): number[] | undefined {
    const known = this.#owners.get(owner);
    if (known === undefined || hasTwins(charges)) return undefined;
    const now = performance.now();
    const marks: number[] = [];
    let refused = false;
    for (const charge of charges) {
      const seen = known.find((each) => isSameAllowance(each, charge));
      if (seen === undefined || seen.until <= now) return undefined;
      refused ||= !fits(charge, seen, at);
      marks.push(seen.value, seen.side);
    }
    return refused ? marks : undefined;
  }

  /** Counters were charged by another call: what is remembered of them moves on, or is forgotten. */
  charged(owner: string, charges: readonly Charge[], marks: readonly number[]): void {
    const known = this.#owners.get(owner);
    if (known === undefined) return;
    charges.forEach((charge, i) => {
      for (const seen of known) {
        if (!isSameCounter(seen, charge)) continue;
        if (seen.policy.variant !== charge.policy.variant) seen.until = 0;
        seen.value = marks[2 * i] as number;
        seen.side = marks[2 * i + 1] as number;
      }
    });
  }

  /** Something was given back, or what the owner may have has changed. */
  forget(owner: string): void {
    this.#owners.delete(owner);
  }
}

/** Whether two charges are on one counter, where the second comes on top of the first. */
const hasTwins = (charges: readonly Charge[]): boolean =>
  charges.some((charge, i) => {
    for (let j = 0; j < i; j++) if (isSameCounter(charges[j] as Charge, charge)) return true;
    return false;
  });

function fits({ policy, cost }: Charge, { value, side }: Seen, at: number): boolean {
  if (policy.kind === "rate") return fitsRate(policy, value, at, cost);
  return at >= periodEnd(policy.per, side) || fitsQuota(policy, value, cost);
}
