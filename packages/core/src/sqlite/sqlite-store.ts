import { checkActual, checkCosts, isAmount } from "../limits/amounts.ts";
import { toMicroseconds, unconnected } from "../limits/host-clock.ts";
import type { Charge, Outcome, Receipt, Store, StoreHost } from "../limits/store.ts";
import { Connection } from "./connection.ts";
import { Counters } from "./counters.ts";
import { keyOf } from "./key.ts";
import { readOptions, type SqliteStoreOptions } from "./options.ts";
import { isPeek, type Judgement, judge, PendingCounter } from "./pending.ts";
import { type Charged, rememberedUntil, settleCharge } from "./settle-charge.ts";
import { Settled } from "./settled.ts";
import { type Ticket, Tickets } from "./tickets.ts";

export type { SqliteStoreOptions } from "./options.ts";

/** A store in a file of this machine. It answers at once, and waits only for other processes' writes. */
export interface SqliteStore extends Store {
  connect(host: StoreHost): void;
  /**
   * @throws FluxError `store_unavailable` where the file is locked for longer than `timeout`, is closed,
   *   or cannot be read or written; nothing is charged then. `cost_invalid`, `config_invalid` as of any store.
   */
  charge(owner: string, charges: readonly Charge[], dryRun?: boolean, at?: number): Outcome;
  /** @throws FluxError as `charge` does; `settle_invalid` for an amount that is none. */
  settle(receipt: Receipt, actual: readonly (number | undefined)[]): void;
  /** Closes the file. Later calls throw `store_unavailable`; closing again does nothing. */
  close(): void;
}

/**
 * The embedded durable store for one machine: synchronous, atomic, for several processes on one file. What
 * was acknowledged is in the file, whatever becomes of the process; see `durability`.
 *
 * It stands on `node:sqlite`: Node 22.13 or later, which warns in its earlier versions that the module is
 * experimental (`--disable-warning=ExperimentalWarning` quietens that). The module is loaded here, not by
 * the import. Next to the file SQLite keeps two more while it is open: `-wal` and `-shm`.
 *
 * Counters expire by themselves: from 10 seconds after a limit is full again, or a period over, they are
 * dropped as others come. So a clock that steps back by at most 10 seconds opens nothing. A clock that was
 * far ahead leaves counters that wait for that time; they are in the file, so a restart does not help:
 * remove the file.
 * @param options the file's path, or more.
 * @throws FluxError `config_invalid` for a wrong option, a file that cannot be written or is something
 *   else; `runtime_unsupported` where there is no `node:sqlite`; `store_unavailable` where another
 *   process keeps the file locked.
 */
export function sqliteStore(options: string | SqliteStoreOptions): SqliteStore {
  return new FileStore(new Connection(readOptions(options)));
}

class FileStore implements SqliteStore {
  readonly atomic = true;
  readonly synchronous = true;
  readonly #connection: Connection;
  readonly #counters: Counters;
  readonly #settled: Settled;
  readonly #tickets: Tickets;
  #host: StoreHost = unconnected("sqliteStore");
  /** The latest moment that a call of this process was decided at, µs. */
  #latest = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#counters = new Counters(connection);
    this.#settled = new Settled(connection);
    this.#tickets = new Tickets(connection);
  }

  connect(host: StoreHost): void {
    this.#host = host;
  }

  charge(owner: string, charges: readonly Charge[], dryRun = false, at?: number): Outcome {
    const now = toMicroseconds(at === undefined ? this.#host.now() : at);
    checkCosts(charges);
    const judgeAll = () => judge(this.#counters, owner, charges, now);
    if (now > this.#latest) this.#latest = now;
    if (dryRun || isPeek(charges)) {
      const judgement = this.#connection.read(judgeAll);
      // A peek may be settled by what it led to.
      const ticket = dryRun ? undefined : this.#ticketOfPeek(judgement);
      return outcomeOf(judgement, now, ticket);
    }
    return this.#write(() => {
      const judgement = judgeAll();
      if (!judgement.allowed) return outcomeOf(judgement, now, undefined);
      this.#tickets.reserve(charges.length);
      const ticket = this.#ticketOf(judgement);
      this.#save(judgement.counters, ticket, now);
      return outcomeOf(judgement, now, this.#tickets.write(ticket));
    });
  }

  settle(receipt: Receipt, actual: readonly (number | undefined)[]): void {
    checkActual(actual);
    const { owner, charges, outcome } = receipt;
    const ticket = this.#tickets.read(outcome.ticket, charges.length);
    if (ticket === undefined || !outcome.allowed) return;
    if (actual.every((units) => units === undefined)) return;
    // A clock that stepped back would let a refund give back what a later charge has spent.
    const now = Math.max(this.#latest, toMicroseconds(this.#host.now()));
    this.#write(() => {
      for (let i = 0; i < charges.length; i++) {
        const units = actual[i];
        if (units !== undefined) this.#settleOne(owner, receipt, i, ticket, units, now);
      }
    });
  }

  close(): void {
    this.#connection.close();
  }

  #settleOne(
    owner: string,
    { charges, outcome }: Receipt,
    i: number,
    ticket: Ticket,
    units: number,
    clock: number,
  ): void {
    const { policy, partition, cost } = charges[i] as Charge;
    const charged: Charged = {
      policy,
      cost,
      value: outcome.marks[2 * i] as number,
      side: outcome.marks[2 * i + 1] as number,
      born: ticket.born[i] as number,
    };
    if (!isAmount(charged.value) || !isAmount(charged.side)) return;
    const counter = new PendingCounter(this.#counters, keyOf(owner), partition, policy, clock);
    // The latest charge may have been another process's.
    const now = Math.max(clock, counter.stored?.at ?? 0);
    const until = rememberedUntil(charged, now);
    if (until === undefined || !this.#settled.mark(ticket.first + i, until, clock)) return;
    settleCharge(counter, charged, units, now);
    if (counter.kept === undefined) return;
    if (counter.stored === undefined) this.#tickets.reserve(1);
    const born = counter.stored === undefined ? this.#tickets.take(1) : 0;
    counter.write(this.#counters, born, now);
  }

  /** Writes what has changed; a new row's birth is the ticket of the first charge on it. */
  #save(counters: readonly PendingCounter[], { born }: Ticket, now: number): void {
    let created = 0;
    for (let i = 0; i < counters.length; i++) {
      const counter = counters[i] as PendingCounter;
      if (counter.kept !== undefined && counter.stored === undefined) created++;
      counter.write(this.#counters, born[i] as number, now);
    }
    if (created > 0) this.#counters.sweep(now, 2 * created + 2);
  }

  /** The ticket of charges for which there are numbers at hand. */
  #ticketOf({ counters }: Judgement): Ticket {
    const first = this.#tickets.take(counters.length);
    const born = counters.map((counter) => {
      if (counter.stored !== undefined) return counter.stored.born;
      return counter.kept !== undefined ? first + counters.indexOf(counter) : 0;
    });
    return { first, born };
  }

  #ticketOfPeek(judgement: Judgement): string {
    const count = judgement.counters.length;
    if (!this.#tickets.has(count)) this.#write(() => this.#tickets.reserve(count));
    return this.#tickets.write(this.#ticketOf(judgement));
  }

  #write<Result>(work: () => Result): Result {
    let began = false;
    try {
      return this.#connection.write(() => {
        began = true;
        return work();
      });
    } catch (error) {
      if (began) this.#tickets.forget();
      throw error;
    }
  }
}

function outcomeOf({ allowed, marks }: Judgement, at: number, ticket: string | undefined): Outcome {
  return ticket === undefined ? { allowed, at, marks } : { allowed, at, marks, ticket };
}
