/**
 * Units that the server has debited ahead for this process, which spends them without asking. What is
 * not spent when a lease ends goes back. A lease never outlives its period: a quota's units are spent in
 * the period that they were taken from.
 */
import { periodEnd } from "../limits/period.ts";
import type { Policy } from "../limits/policy.ts";
import { isSameAllowance } from "../limits/same-counter.ts";
import type { Charge } from "../limits/store.ts";
import type { Ticket } from "./ticket.ts";

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
/** ms between looks for leases that have ended; how many are given back at a time; ms until a second try. */
const sweep = { every: 50, together: 200, again: 1_000 } as const;

export class Leases {
  readonly #owners = new Map<string, Lease[]>();
  /** What has ended and was not given back yet: kept until the server has it. */
  readonly #owed = new Set<Lease>();
  /** What is being asked for, so that calls that come meanwhile do not ask as well. */
  readonly #asked = new Set<string>();
  readonly #giveBack: (lease: Lease) => Promise<void>;
  /** Leases held. */
  #count = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #giving: Promise<void> | undefined;
  #notBefore = 0;
  #closed = false;

  /** @param giveBack returns what is left of a lease that has ended; may be asked again where it fails. */
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
          isSameAllowance(each, charge) &&
          each.left >= charge.cost &&
          each.until > now &&
          at < each.ends,
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
    if (this.#closed || this.#count + this.#owed.size >= most.inAll) return undefined;
    const held = this.#owners.get(owner) ?? [];
    const now = performance.now();
    let any = false;
    const more = charges.map((charge) => {
      const size = charge.policy.lease?.size ?? 0;
      const name = nameOf(owner, charge);
      if (charge.cost === 0 || size <= charge.cost) return 0;
      if (this.#asked.has(name) || held.length >= most.ofOwner) return 0;
      let has = 0;
      for (const each of held) {
        if (!isSameAllowance(each, charge) || each.until <= now) continue;
        if (each.left >= charge.cost) return 0;
        has += each.left;
      }
      // What is held and not spendable counts: together it is never more than a lease.
      const units = Math.max(0, size - charge.cost - has);
      if (units === 0) return 0;
      this.#asked.add(name);
      any = true;
      return units;
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
      ends: policy.kind === "quota" ? periodEnd(policy.per, side) : Infinity,
      ended: false,
    };
    const held = this.#owners.get(owner);
    if (held === undefined) this.#owners.set(owner, [lease]);
    else held.push(lease);
    this.#count++;
    if (this.#closed) this.#end(lease);
    else this.#timer ??= setInterval(this.#sweep, sweep.every);
    // Whoever only waits for a lease to end has nothing more to do.
    this.#timer?.unref?.();
  }

  /** No lease is taken any more. */
  stop(): void {
    this.#closed = true;
  }

  /** Ends all, and gives back what is left: tried once. */
  async close(): Promise<void> {
    this.stop();
    clearInterval(this.#timer);
    for (const lease of [...this.#owners.values()].flat()) this.#end(lease);
    await this.#giving;
    this.#notBefore = 0;
    await this.#giveOwed();
  }

  #end(lease: Lease): void {
    lease.ended = true;
    this.#count--;
    const others = this.#owners.get(lease.owner)?.filter((each) => each !== lease) ?? [];
    if (others.length === 0) this.#owners.delete(lease.owner);
    else this.#owners.set(lease.owner, others);
    if (lease.left > 0) this.#owed.add(lease);
  }

  readonly #sweep = () => {
    const now = performance.now();
    for (const held of this.#owners.values())
      for (const lease of held) if (lease.until <= now) this.#end(lease);
    if (this.#owed.size > 0)
      this.#giving ??= this.#giveOwed().finally(() => {
        this.#giving = undefined;
      });
    if (this.#count + this.#owed.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  };

  /** So many at a time as the server answers within a time budget; a while later, where it did not. */
  async #giveOwed(): Promise<void> {
    while (this.#owed.size > 0 && performance.now() >= this.#notBefore)
      await this.#give([...this.#owed].slice(0, sweep.together));
  }

  async #give(leases: readonly Lease[]): Promise<void> {
    const done = await Promise.allSettled(leases.map((lease) => this.#giveBack(lease)));
    done.forEach(({ status }, i) => {
      if (status === "fulfilled") this.#owed.delete(leases[i] as Lease);
      else this.#notBefore = performance.now() + sweep.again;
    });
  }
}

const nameOf = (owner: string, { policy, partition }: Charge) =>
  `${policy.variant} ${policy.quota} ${owner.length} ${owner} ${partition}`;
