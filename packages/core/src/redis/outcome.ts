import { worthOf } from "../limits/arithmetic.ts";
import type { Charge, Outcome } from "../limits/store.ts";
import type { Lease } from "./leases.ts";

/** µs that two clocks may be apart before anybody is told times by the host's. */
const sameTime = 100_000;

/** What the server, or the memory of what it said, has answered. */
export class RedisOutcome implements Outcome {
  readonly allowed: boolean;
  readonly at: number;
  readonly marks: readonly number[];
  readonly ahead: number;
  /** Of each key of the call, in order: when it began, µs, and the call's first ticket on it. */
  readonly tickets: readonly number[];
  /** Which charges are settled. */
  readonly settled: boolean[] = [];

  /** @param now the host's clock, ms. */
  constructor(
    allowed: boolean,
    at: number,
    marks: readonly number[],
    now: number,
    tickets: readonly number[] = [],
  ) {
    this.allowed = allowed;
    this.at = at;
    this.marks = marks;
    const ahead = Math.round(now * 1_000) - at;
    this.ahead = Math.abs(ahead) > sameTime ? ahead : 0;
    this.tickets = tickets;
  }

  get ticket(): string | undefined {
    return this.tickets.length === 0 ? undefined : this.tickets.join(".");
  }
}

/** The tickets of an outcome of this store, or of one that another process carried here; none: `[]`. */
export const ticketsIn = (outcome: Outcome): readonly number[] =>
  outcome instanceof RedisOutcome ? outcome.tickets : parse(outcome.ticket);

function parse(ticket: string | undefined): readonly number[] {
  if (typeof ticket !== "string" || !/^\d+(\.\d+)*$/.test(ticket)) return [];
  const numbers = ticket.split(".").map(Number);
  return numbers.every(Number.isSafeInteger) ? numbers : [];
}

/** What was paid from units that this process had leased. */
export class LeasedOutcome extends RedisOutcome {
  /** The lease of each charge. */
  readonly leases: readonly Lease[];

  constructor(at: number, charges: readonly Charge[], leases: readonly Lease[], now: number) {
    const marks = charges.flatMap(({ policy }, i) => {
      // The counter as it is once the rest of the lease has been given back.
      const { value, side, left } = leases[i] as Lease;
      return [value - worthOf(policy, left), side];
    });
    super(true, at, marks, now);
    this.leases = leases;
  }
}
