import type { DatabaseSync, StatementSync } from "node:sqlite";
import { FluxError } from "../errors.ts";
import { closed, isBusy, lockedTooLong, unavailable } from "./failures.ts";
import { openDatabase } from "./open-database.ts";
import type { StoreSettings } from "./options.ts";
import { pause } from "./pause.ts";

/** ms that a call still waits where the call before it has waited in vain. */
const brief = 2;
/** Attempts without a pause: another's transaction takes tens of µs, the shortest pause as long. */
const eager = 8;

/** The open file: transactions that wait for the lock no longer than they may, and leave nothing open. */
export class Connection {
  readonly #settings: StoreSettings;
  readonly #database: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #beginWrite: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  /** Whether the last call has waited in vain: not every one that follows shall hold the process up. */
  #stuck = false;
  #isOpen = true;

  /** @throws FluxError as `openDatabase` does. */
  constructor(settings: StoreSettings) {
    this.#settings = settings;
    this.#database = openDatabase(settings);
    this.#begin = this.#database.prepare("BEGIN");
    this.#beginWrite = this.#database.prepare("BEGIN IMMEDIATE");
    this.#commit = this.#database.prepare("COMMIT");
    this.#rollback = this.#database.prepare("ROLLBACK");
  }

  prepare(sql: string): StatementSync {
    return this.#database.prepare(sql);
  }

  /**
   * Runs work that reads, on the file as it is at one moment. It may run more than once.
   * @throws FluxError `store_unavailable`
   */
  read<Result>(work: () => Result): Result {
    this.#mustBeOpen();
    return this.#patiently(() => {
      this.#begin.run();
      return this.#finish(work);
    });
  }

  /**
   * Runs work that reads and writes, all or nothing.
   * @throws FluxError `store_unavailable`
   */
  write<Result>(work: () => Result): Result {
    this.#mustBeOpen();
    this.#patiently(() => this.#beginWrite.run());
    return this.#told(() => this.#finish(work));
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#told(() => this.#database.close());
  }

  #mustBeOpen(): void {
    if (!this.#isOpen) throw closed(this.#settings.file);
  }

  #finish<Result>(work: () => Result): Result {
    try {
      const result = work();
      this.#commit.run();
      return result;
    } catch (error) {
      this.#undo();
      throw error;
    }
  }

  /** SQLite ends a transaction by itself after some errors: then there is nothing to undo. */
  #undo(): void {
    try {
      this.#rollback.run();
    } catch {
      // What is wrong is told by the error that led here.
    }
  }

  #patiently<Result>(attempt: () => Result): Result {
    let ends = 0;
    for (let attempts = 1; ; attempts++) {
      try {
        const result = attempt();
        this.#stuck = false;
        return result;
      } catch (error) {
        if (!isBusy(error)) throw this.#tell(error);
        const now = performance.now();
        const { file, timeout } = this.#settings;
        if (ends === 0) ends = now + (this.#stuck ? Math.min(brief, timeout) : timeout);
        if (now >= ends) {
          this.#stuck = true;
          throw lockedTooLong(file, timeout, "its `timeout`", error);
        }
        if (attempts > eager) pause(Math.min(0.25, ends - now, 0.05 * (attempts - eager)));
      }
    }
  }

  #told<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw this.#tell(error);
    }
  }

  #tell(error: unknown): FluxError {
    return error instanceof FluxError ? error : unavailable(this.#settings.file, error);
  }
}
