import type { Charge } from "../limits/store.ts";
import { partitionsOf } from "./wire.ts";

/** One charge's place among what can be settled. */
export interface Ticket {
  /** When the counters' key began, µs. */
  readonly born: number;
  readonly number: number;
}

/**
 * The ticket of each charge of a call.
 * @param numbers of each key of the call, in order: when it began, µs, and the call's first ticket on it.
 * @returns `undefined` where the numbers are not of that many keys.
 */
export function ticketsOf(
  charges: readonly Charge[],
  numbers: readonly number[],
): readonly Ticket[] | undefined {
  const partitions = partitionsOf(charges);
  if (numbers.length !== 2 * partitions.length) return undefined;
  const next = partitions.map((_partition, key) => numbers[2 * key + 1] as number);
  return charges.map(({ partition }) => {
    const key = partitions.indexOf(partition);
    const number = next[key] as number;
    // Each charge has two: its own, and that of `leaseTicket`.
    next[key] = number + 2;
    return { born: numbers[2 * key] as number, number };
  });
}

/** The ticket of what was leased beside a charge. */
export const leaseTicket = ({ born, number }: Ticket): Ticket => ({ born, number: number + 1 });
