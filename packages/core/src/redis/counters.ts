/** Charging and settling on the server: what is asked, what is answered, and what is made undone. */
import type { Charge } from "../limits/store.ts";
import { unavailable, undone } from "./failures.ts";
import { counterKey, ownerKey } from "./keys.ts";
import type { Call, Link } from "./link.ts";
import { leaseTicket, RedisOutcome, ticketsOf } from "./outcome.ts";
import { Script } from "./script.ts";
import { chargeScript } from "./scripts/charge.ts";
import { settleScript } from "./scripts/settle.ts";
import type { ServerClock } from "./server-clock.ts";
import { type Settlement, settlingCalls } from "./settlements.ts";
import { type ChargeReply, lateAt, packCharges, partitionsOf, readCharged } from "./wire.ts";

const charging = new Script(chargeScript);
const settling = new Script(settleScript);

export const scripts: readonly Script[] = [charging, settling];

export interface Charged extends ChargeReply {
  /** When the call was sent, ms of the monotonic clock. */
  readonly sent: number;
}

export class Counters {
  readonly #link: Link;
  readonly #prefix: string;
  /** ms */
  readonly #timeout: number;

  constructor(link: Link, { prefix, timeout }: { prefix: string; timeout: number }) {
    this.#link = link;
    this.#prefix = prefix;
    this.#timeout = timeout;
  }

  /**
   * Makes all charges, or none.
   * @param more units that leases shall take beside each cost; `undefined`: none.
   * @throws FluxError `store_unavailable`
   */
  charge(
    owner: string,
    charges: readonly Charge[],
    dryRun: boolean,
    more: readonly number[] | undefined,
  ): Promise<Charged> {
    const own = ownerKey(this.#prefix, owner);
    const partitions = partitionsOf(charges);
    const keys = partitions.map((partition) => counterKey(own, partition));
    const began = performance.now();
    const ends = began + this.#timeout;
    let sent = began;
    let clock: ServerClock | undefined;
    const call: Call = {
      ends,
      words: (known) => {
        clock = known;
        sent = performance.now();
        const now = known.now();
        const deadline = now + Math.floor((ends - sent) * 1_000);
        return [
          dryRun ? "1" : "0",
          String(deadline),
          more === undefined ? "" : JSON.stringify(more),
          packCharges(charges, partitions, now),
        ];
      },
      late: (reply) => this.#undo(own, charges, partitions, reply),
    };
    const read = (reply: Buffer): Charged => {
      if (lateAt(reply) !== undefined)
        throw undone("got the call too late, and has charged nothing");
      const answer = readCharged(reply, charges.length, partitions.length);
      clock?.read(answer.at, sent);
      return { ...answer, sent };
    };
    return this.#link.run(charging, keys, call).then((reply) => {
      const late = lateAt(reply);
      if (late === undefined) return read(reply);
      // It did not come too late: the server's clock was set forward.
      clock?.read(late, sent);
      return performance.now() - began < this.#timeout / 2
        ? this.#link.run(charging, keys, call).then(read)
        : read(reply);
    });
  }

  /** @param patient whether nobody waits for it. @throws FluxError `store_unavailable`; what was settled by then is not settled again. */
  async settle(owner: string, settlements: readonly Settlement[], patient = false): Promise<void> {
    const own = ownerKey(this.#prefix, owner);
    const calls = settlingCalls(own, settlements).map(({ keys, words }) =>
      this.#link.run(settling, keys, { words: () => words, patient }),
    );
    const done = await Promise.allSettled(calls);
    const failed = done.filter((each) => each.status === "rejected");
    if (failed.length === 0) return;
    if (failed.length === done.length) throw failed[0]?.reason;
    throw unavailable("has settled a part only", failed[0]?.reason);
  }

  /** Gives back what was charged for a request that has been decided without it. */
  #undo(
    own: string,
    charges: readonly Charge[],
    partitions: readonly string[],
    reply: Buffer,
  ): void {
    if (lateAt(reply) !== undefined) return;
    const { allowed, at, marks, tickets, leased } = readCharged(
      reply,
      charges.length,
      partitions.length,
    );
    const made = ticketsOf(charges, new RedisOutcome(allowed, at, marks, 0, tickets)) ?? [];
    const settlements = made.flatMap((ticket, i): Settlement[] => {
      const charge = charges[i] as Charge;
      const told = [marks[2 * i] ?? 0, marks[2 * i + 1] ?? 0] as const;
      const own = { charge, used: 0, marks: told, ticket, once: true };
      const units = leased?.[i] ?? 0;
      if (units === 0) return [own];
      const lease = { ...own, charge: { ...charge, cost: units }, ticket: leaseTicket(ticket) };
      return [own, lease];
    });
    for (const { keys, words } of settlingCalls(own, settlements))
      this.#link.tell(settling, keys, words);
  }
}
