import type { StatementSync } from "node:sqlite";
import type { Connection } from "./connection.ts";

/** Tickets in a chunk: what a process takes at once, and what one row of `settled` is for. */
export const ticketsPerChunk = 1_024;

/** What a receipt says of the charges of one call. */
export interface Ticket {
  /** The first charge's number; those of the others follow. */
  readonly first: number;
  /** What tells each charge's row from a later one of the same name; 0 where it had none. */
  readonly born: readonly number[];
}

/**
 * Numbers for charges, each given once in the life of a file. A process takes them by the chunk, so that
 * a charge writes nothing for its number; what it has left when it ends is never used.
 */
export class Tickets {
  readonly #reserve: StatementSync;
  readonly #file: string;
  #next = 0;
  #end = 0;

  constructor(connection: Connection) {
    const found = connection.prepare("SELECT id FROM file").get() as { id: string };
    this.#file = found.id;
    this.#reserve = connection.prepare(
      "UPDATE file SET next_chunk = next_chunk + ? RETURNING next_chunk",
    );
  }

  /** Whether there are so many at hand. */
  has(count: number): boolean {
    return this.#end - this.#next >= count;
  }

  /** Sees to it that there are so many at hand: within a transaction that writes. */
  reserve(count: number): void {
    if (this.has(count)) return;
    const chunks = Math.ceil(count / ticketsPerChunk);
    const { next_chunk } = this.#reserve.get(chunks) as { next_chunk: number };
    this.#end = next_chunk * ticketsPerChunk;
    this.#next = this.#end - chunks * ticketsPerChunk;
  }

  /** @returns the first of so many, which must be at hand. */
  take(count: number): number {
    const first = this.#next;
    this.#next += count;
    return first;
  }

  /** Gives up what is at hand: the transaction that has reserved it was undone. */
  forget(): void {
    this.#next = this.#end;
  }

  /** A ticket as it is carried in a receipt: `file.first.born.born…`, numbers in base 36. */
  write({ first, born }: Ticket): string {
    let text = `${this.#file}.${first.toString(36)}`;
    for (const each of born) text += `.${each.toString(36)}`;
    return text;
  }

  /**
   * @param charges how many the receipt has.
   * @returns `undefined` where the ticket is of another file, or none at all.
   */
  read(text: string | undefined, charges: number): Ticket | undefined {
    const [file, ...numbers] = (text ?? "").split(".");
    if (file !== this.#file || numbers.length !== charges + 1) return undefined;
    const [first, ...born] = numbers.map((digits) =>
      /^[0-9a-z]{1,11}$/.test(digits) ? Number.parseInt(digits, 36) : Number.NaN,
    );
    if (first === undefined || ![first, ...born].every(Number.isSafeInteger)) return undefined;
    return { first, born };
  }
}
