/**
 * Units that the server has debited ahead for this process, which spends them without asking. What is
 * not spent when a lease ends goes back. A lease never outlives its period: a quota's units are spent in
 * the period that they were taken from.
 */
import { periodEnd } from "../limits/period.ts";
import type { Policy } from "../limits/policy.ts";
import type { Charge } from "../limits/store.ts";
import type { Ticket } from "./outcome.ts";

export interface Lease {
  readonly owner: string;
  readonly policy: Policy;
  readonly partition: string;
  /** Units that were taken. */
  readonly size: number;
  /** Units not spent. */
  left: number;
  /** The counter's marks when they were taken. */
  readonly value: number;
  readonly side: number;
  readonly ticket: Ticket;
  /** ms of the monotonic clock. */
  readonly until: number;
  /** By the server's clock, µs; `Infinity` for a rate. */
  readonly ends: number;
  ended: boolean;
}

/** Leases that this process may hold, in all and of one owner: a call beyond asks for none. */
const most = { inAll: 10_000, ofOwner: 256 } as const;
/** ms between looks for leases that have ended, and how many are given back at a time. */
const sweep = { every: 50, together: 200 } as const;

export class Leases {
  readonly #owners = new Map<string, Lease[]>();
  /** What is being asked for, so that calls that come meanwhile do not ask as well. */
  readonly #asked = new Set<string>();
  readonly #giveBack: (lease: Lease) => Promise<void>;
  #count = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #closed = false;

  /** @param giveBack returns what is left of a lease that has ended. */
  constructor(giveBack: (lease: Lease) => Promise<void>) {
    this.#giveBack = giveBack;
  }

  /** Whether an owner has any. */
  of(owner: string): boolean {
    return this.#owners.has(owner);
  }

  /**
   * Spends a call's units, if all of them are leased.
   * @param at the server's clock, µs.
   * @returns the lease of each charge; `undefined`: the server must be asked, and nothing is spent.
   */
  spend(owner: string, charges: readonly Charge[], at: number): readonly Lease[] | undefined {
    const held = this.#owners.get(owner);
    if (held === undefined) return undefined;
    const now = performance.now();
    const spent: Lease[] = [];
    for (const charge of charges) {
      const lease = held.find(
        (each) =>
          isOf(each, charge) && each.left >= charge.cost && each.until > now && at < each.ends,
      );
      if (lease === undefined) {
        spent.forEach((each, i) => {
          each.left += (charges[i] as Charge).cost;
        });
        return undefined;
      }
      lease.left -= charge.cost;
      spent.push(lease);
    }
    return spent;
  }

  /**
   * How many units more a call shall take beside each cost; `undefined`: none of its counters is leased.
   * Whoever asked tells what came of it by `asked`.
   */
  wanted(owner: string, charges: readonly Charge[]): number[] | undefined {
    if (!charges.some(({ policy }) => policy.lease !== undefined)) return undefined;
    if (this.#closed || this.#count >= most.inAll) return undefined;
    const held = this.#owners.get(owner) ?? [];
    const now = performance.now();
    let any = false;
    const more = charges.map((charge) => {
      const size = charge.policy.lease?.size ?? 0;
      const name = nameOf(owner, charge);
      if (charge.cost === 0 || size <= charge.cost) return 0;
      if (this.#asked.has(name) || held.length >= most.ofOwner) return 0;
      const has = held.some(
        (each) => isOf(each, charge) && each.left >= charge.cost && each.until > now,
      );
      if (has) return 0;
      this.#asked.add(name);
      any = true;
      return size - charge.cost;
    });
    return any ? more : undefined;
  }

  /** The end of a call that wanted more. */
  asked(owner: string, charges: readonly Charge[], more: readonly number[]): void {
    more.forEach((units, i) => {
      if (units > 0) this.#asked.delete(nameOf(owner, charges[i] as Charge));
    });
  }

  /**
   * Takes over what the server has debited.
   * @param sent when the call was sent, ms of the monotonic clock: no later than the debit.
   */
  add(
    owner: string,
    { policy, partition }: Charge,
    size: number,
    marks: readonly [value: number, side: number],
    ticket: Ticket,
    sent: number,
  ): void {
    const [value, side] = marks;
    const ttl = (policy.lease?.ttl ?? 0) / 1_000;
    const lease: Lease = {
      owner,
      policy,
      partition,
      size,
      left: size,
      value,
      side,
      ticket,
      until: sent + ttl,
      ends: policy.kind === "quota" ? periodEnd(policy.per, side) : Number.POSITIVE_INFINITY,
      ended: false,
    };
    const held = this.#owners.get(owner);
    if (held === undefined) this.#owners.set(owner, [lease]);
    else held.push(lease);
    this.#count++;
    if (this.#closed) {
      this.end(lease).catch(() => undefined);
      return;
    }
    this.#timer ??= setInterval(this.#sweep, sweep.every);
    // Whoever only waits for a lease to end has nothing more to do.
    this.#timer.unref?.();
  }

  /** Gives back what is left. A lease that cannot be given back is lost: it was debited once. */
  async end(lease: Lease): Promise<void> {
    if (lease.ended) return;
    lease.ended = true;
    this.#count--;
    const others = this.#owners.get(lease.owner)?.filter((each) => each !== lease) ?? [];
    if (others.length === 0) this.#owners.delete(lease.owner);
    else this.#owners.set(lease.owner, others);
    if (lease.left > 0) await this.#giveBack(lease);
  }

  /** Ends all; none is taken any more. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    const all = [...this.#owners.values()].flat();
    // So many at a time as the server answers within a time budget.
    for (let first = 0; first < all.length; first += sweep.together)
      await Promise.allSettled(
        all.slice(first, first + sweep.together).map((lease) => this.end(lease)),
      );
  }

  readonly #sweep = () => {
    const now = performance.now();
    for (const held of this.#owners.values())
      for (const lease of held) if (lease.until <= now) this.end(lease).catch(() => undefined);
    if (this.#count > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  };
}

function isOf(lease: Lease, { policy, partition }: Charge): boolean {
  return (
    lease.policy.variant === policy.variant &&
    lease.policy.quota === policy.quota &&
    lease.partition === partition
  );
}

const nameOf = (owner: string, { policy, partition }: Charge) =>
  `${policy.variant} ${policy.quota} ${owner.length} ${owner} ${partition}`;
