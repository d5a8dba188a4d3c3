import type { StatementSync } from "node:sqlite";
import type { Connection } from "./connection.ts";
import type { Key } from "./key.ts";

/** A counter's row, as `schema.ts` has it. */
export interface Row {
  readonly unit: number;
  readonly value: number;
  readonly side: number;
  readonly at: number;
  readonly born: number;
  readonly expires: number;
}

/** What finds a row. */
export interface CounterName {
  readonly owner: Key;
  readonly partition: Key;
  /** The policy's id. */
  readonly policy: string;
}

const name = "owner = ? AND partition = ? AND policy = ?";

/** The counters' table. Every method but `find` belongs into a transaction that writes. */
export class Counters {
  readonly #find: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #move: StatementSync;
  readonly #sweep: StatementSync;

  constructor(connection: Connection) {
    this.#find = connection.prepare(
      `SELECT unit, value, side, at, born, expires FROM counters WHERE ${name}`,
    );
    this.#insert = connection.prepare("INSERT INTO counters VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    this.#update = connection.prepare(
      `UPDATE counters SET unit = ?, value = ?, side = ?, at = ? WHERE ${name}`,
    );
    this.#move = connection.prepare(
      `UPDATE counters SET unit = ?, value = ?, side = ?, at = ?, expires = ? WHERE ${name}`,
    );
    this.#sweep = connection.prepare(
      `DELETE FROM counters WHERE (owner, partition, policy) IN (
         SELECT owner, partition, policy FROM counters WHERE expires <= ? ORDER BY expires LIMIT ?)`,
    );
  }

  find({ owner, partition, policy }: CounterName): Row | undefined {
    return this.#find.get(owner, partition, policy) as Row | undefined;
  }

  insert({ owner, partition, policy }: CounterName, row: Row): void {
    const { unit, value, side, at, born, expires } = row;
    this.#insert.run(owner, partition, policy, unit, value, side, at, born, expires);
  }

  /** @param stored what the row is until now. */
  update({ owner, partition, policy }: CounterName, stored: Row, row: Row): void {
    const { unit, value, side, at, expires } = row;
    // A column that an index has costs more, even where it stays what it was.
    if (expires === stored.expires)
      this.#update.run(unit, value, side, at, owner, partition, policy);
    else this.#move.run(unit, value, side, at, expires, owner, partition, policy);
  }

  /** Drops some rows that have expired. @param most how many at most. */
  sweep(now: number, most: number): void {
    this.#sweep.run(now, most);
  }
}
