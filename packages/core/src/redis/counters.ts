/** Charging and settling on the server: what is asked, what is answered, and what is made undone. */
import type { Charge } from "../limits/store.ts";
import { unavailable, undone } from "./failures.ts";
import { counterKey, ownerKey } from "./keys.ts";
import type { Call, Link } from "./link.ts";
import { Script } from "./script.ts";
import { chargeScript } from "./scripts/charge.ts";
import { settleScript } from "./scripts/settle.ts";
import { type Settlement, settlingCalls } from "./settlements.ts";
import { leaseTicket, ticketsOf } from "./ticket.ts";
import { type ChargeReply, marksOf, packCall, partitionsOf, readReply } from "./wire.ts";

const charging = new Script(chargeScript);
const settling = new Script(settleScript);

export const scripts: readonly Script[] = [charging, settling];

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
   * @param told what is made of the answer; `sent`: when the call was sent, ms of the monotonic clock.
   * @throws FluxError `store_unavailable`
   */
  charge<T>(
    owner: string,
    charges: readonly Charge[],
    dryRun: boolean,
    more: readonly number[] | undefined,
    told: (reply: ChargeReply, sent: number) => T,
  ): Promise<T> {
    const own = ownerKey(this.#prefix, owner);
    const partitions = partitionsOf(charges);
    const keys = partitions.map((partition) => counterKey(own, partition));
    const began = performance.now();
    const ends = began + this.#timeout;
    let sent = began;
    let again = false;
    const call: Call<T> = {
      ends,
      words: ({ clock }) => {
        sent = performance.now();
        const now = clock.now();
        const deadline = now + Math.floor((ends - sent) * 1_000);
        const packed = packCall(charges, partitions, now, deadline, dryRun);
        return more === undefined ? [packed] : [packed, JSON.stringify(more)];
      },
      read: (answer, { clock }) => {
        const reply = readReply(answer, charges.length, partitions.length);
        clock.read(reply.at, sent);
        if (!reply.late) return told(reply, sent);
        // It did not come too late, if there is time left: the server's clock was set forward.
        if (again || performance.now() - began >= this.#timeout / 2)
          throw undone("got the call too late, and has charged nothing");
        again = true;
        return this.#link.run(charging, keys, call);
      },
      late: (answer) => {
        const reply = readReply(answer, charges.length, partitions.length);
        if (!reply.late) this.#undo(own, charges, reply);
      },
    };
    return this.#link.run(charging, keys, call);
  }

  /**
   * @param patient whether nobody waits for it.
   * @throws FluxError `store_unavailable`; what was settled by then is not settled again.
   */
  async settle(owner: string, settlements: readonly Settlement[], patient = false): Promise<void> {
    const own = ownerKey(this.#prefix, owner);
    const calls = settlingCalls(own, settlements).map(({ keys, words }) =>
      this.#link.run(settling, keys, { words: () => words, read: () => undefined, patient }),
    );
    const done = await Promise.allSettled(calls);
    const failed = done.filter((each) => each.status === "rejected");
    if (failed.length === 0) return;
    if (failed.length === done.length) throw failed[0]?.reason;
    throw unavailable("has settled a part only", failed[0]?.reason);
  }

  /** Gives back what was charged for a request that has been decided without it. */
  #undo(own: string, charges: readonly Charge[], { marks, tickets, leased }: ChargeReply): void {
    const made = ticketsOf(charges, tickets) ?? [];
    const settlements = made.flatMap((ticket, i): Settlement[] => {
      const charge = charges[i] as Charge;
      const own = { charge, used: 0, marks: marksOf(marks, i), ticket, once: true };
      const units = leased?.[i] ?? 0;
      if (units === 0) return [own];
      const lease = { ...own, charge: { ...charge, cost: units }, ticket: leaseTicket(ticket) };
      return [own, lease];
    });
    for (const { keys, words } of settlingCalls(own, settlements))
      this.#link.tell(settling, keys, words);
  }
}
