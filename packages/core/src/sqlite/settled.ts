import type { StatementSync } from "node:sqlite";
import type { Connection } from "./connection.ts";
import { hour } from "./durations.ts";
import { ticketsPerChunk } from "./tickets.ts";

/** Which tickets are settled, a bit each. */
export class Settled {
  readonly #find: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #move: StatementSync;
  readonly #sweep: StatementSync;

  constructor(connection: Connection) {
    this.#find = connection.prepare("SELECT bits, expires FROM settled WHERE chunk = ?");
    this.#insert = connection.prepare("INSERT INTO settled VALUES (?, ?, ?)");
    this.#update = connection.prepare("UPDATE settled SET bits = ? WHERE chunk = ?");
    this.#move = connection.prepare("UPDATE settled SET bits = ?, expires = ? WHERE chunk = ?");
    this.#sweep = connection.prepare(
      `DELETE FROM settled WHERE chunk IN (
         SELECT chunk FROM settled WHERE expires <= ? ORDER BY expires LIMIT 4)`,
    );
  }

  /**
   * Notes that a ticket is settled: within a transaction that writes.
   * @param until how long that matters, µs.
   * @param now the clock, µs.
   * @returns `false` where it was settled before.
   */
  mark(ticket: number, until: number, now: number): boolean {
    const chunk = Math.floor(ticket / ticketsPerChunk);
    const place = ticket % ticketsPerChunk;
    const [at, bit] = [place >> 3, 1 << (place & 7)];
    // By the hour, and later than it has to be: moved seldom.
    const expires = Math.min((Math.floor(until / hour) + 2) * hour, Number.MAX_SAFE_INTEGER);
    const row = this.#find.get(chunk) as { bits: Uint8Array; expires: number } | undefined;
    const bits = row?.bits ?? new Uint8Array(ticketsPerChunk / 8);
    if (((bits[at] as number) & bit) !== 0) return false;
    bits[at] = (bits[at] as number) | bit;
    if (row === undefined) {
      this.#sweep.run(now);
      this.#insert.run(chunk, bits, expires);
    } else if (expires > row.expires) this.#move.run(bits, expires, chunk);
    else this.#update.run(bits, chunk);
    return true;
  }
}
