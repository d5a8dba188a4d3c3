/** What is settled later, as calls of the settling script: one for each key. */
import { periodEnd } from "../limits/period.ts";
import type { Charge } from "../limits/store.ts";
import { counterKey, settledKey, ticketsPerChunk } from "./keys.ts";
import type { Lease } from "./leases.ts";
import type { Ticket } from "./ticket.ts";
import { codeOf, nameOf } from "./wire.ts";

/** One charge that turned out otherwise. */
export interface Settlement {
  readonly charge: Pick<Charge, "policy" | "partition" | "cost">;
  readonly used: number;
  readonly marks: readonly [value: number, side: number];
  readonly ticket: Ticket;
  /** Whether the server shall see to it that it happens once; else whoever asks does. */
  readonly once: boolean;
}

/** What one call settles. */
export interface SettlingCall {
  readonly keys: readonly string[];
  readonly words: string[];
}

/** @param own the owner's own key. */
export function settlingCalls(
  own: string,
  settlements: readonly Settlement[],
): readonly SettlingCall[] {
  const calls = new Map<string, SettlingCall>();
  for (const settlement of settlements) {
    const { partition } = settlement.charge;
    const { born, number } = settlement.ticket;
    const bits = settledKey(own, partition, born, Math.floor(number / ticketsPerChunk));
    let call = calls.get(bits);
    if (call === undefined) {
      call = { keys: [counterKey(own, partition), bits], words: [String(born)] };
      calls.set(bits, call);
    }
    call.words.push(...wordsOf(settlement));
  }
  return [...calls.values()];
}

function wordsOf({ charge, used, marks, ticket, once }: Settlement): readonly string[] {
  const { policy, cost } = charge;
  const last = policy.kind === "rate" ? policy.interval : periodEnd(policy.per, marks[1]);
  const bit = once ? ticket.number % ticketsPerChunk : "-";
  return [bit, nameOf(policy), codeOf(policy), last, cost, used, ...marks].map(String);
}

/** What is left of a lease, given back. */
export function returned({
  policy,
  partition,
  size,
  left,
  value,
  side,
  ticket,
}: Lease): Settlement {
  return {
    charge: { policy, partition, cost: size },
    used: size - left,
    marks: [value, side],
    ticket,
    once: true,
  };
}

/**
 * What a request used of a lease: taken from the lease while it lasts, else a matter for the server.
 * @returns `undefined` where nothing is left to tell it.
 */
export function settledFromLease(
  lease: Lease,
  charge: Charge,
  used: number,
): Settlement | undefined {
  const difference = used - charge.cost;
  if (difference === 0) return undefined;
  if (!lease.ended && lease.left >= difference) {
    lease.left -= difference;
    return undefined;
  }
  const { value, side, ticket } = lease;
  return { charge, used, marks: [value, side], ticket, once: false };
}
