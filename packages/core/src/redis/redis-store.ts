import { checkActual, checkCosts } from "../limits/amounts.ts";
import { worthOf } from "../limits/arithmetic.ts";
import type { Charge, Outcome, Receipt, Store, StoreHost } from "../limits/store.ts";
import { Census } from "./census.ts";
import { Connection } from "./connection.ts";
import { Counters, scripts } from "./counters.ts";
import { Denials } from "./denials.ts";
import { isUndone } from "./failures.ts";
import { ownerKey } from "./keys.ts";
import { type Lease, Leases } from "./leases.ts";
import { Link } from "./link.ts";
import { type RedisStoreOptions, readOptions, type StoreSettings } from "./options.ts";
import { LeasedOutcome, RedisOutcome, ticketsIn } from "./outcome.ts";
import { returned, type Settlement, settledFromLease } from "./settlements.ts";
import { leaseTicket, ticketsOf } from "./ticket.ts";
import { type ChargeReply, marksOf } from "./wire.ts";

/** A store that several processes share. */
export interface RedisStore extends Store {
  /** Processes that count together, by their last word to the server; at least 1. */
  readonly processes: number;
  connect(host: StoreHost): Promise<void>;
  ready(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Counters in Redis (6.2 or later), Valkey, Redis Cluster or behind Redis Sentinel. All charges of one
 * owner are one call of one script, all or none, by the server's clock. A refusal is remembered for a
 * moment, so that a client that is being refused costs no round trip; a leased limit or feature costs
 * one for many. The connection is the store's own, and opened by `defineFlux`.
 *
 * No charge takes longer than `timeout`, and none is made twice. Where the server does not answer, each
 * limit's `onError` decides, and `decision.degraded` says so. The server must not evict keys
 * (`maxmemory-policy noeviction`): an evicted counter begins anew.
 * @param options a URL (`redis://host:6379`, `rediss://` for TLS), or more.
 * @throws FluxError `config_invalid` for options that are none.
 */
export function redisStore(options: string | RedisStoreOptions): RedisStore {
  return new SharedStore(readOptions(options));
}

class SharedStore implements RedisStore {
  readonly atomic = true;
  readonly #settings: StoreSettings;
  readonly #connection: Connection;
  readonly #counters: Counters;
  readonly #census: Census;
  readonly #denials = new Denials();
  readonly #leases: Leases;
  /** Calls under way that may bring leases. */
  readonly #asking = new Set<Promise<Outcome>>();
  #host: StoreHost = { now: Date.now };
  #connected: Promise<void> | undefined;

  constructor(settings: StoreSettings) {
    this.#settings = settings;
    this.#connection = new Connection(settings, scripts);
    this.#counters = new Counters(new Link(this.#connection, settings.timeout), settings);
    this.#census = new Census(this.#connection, settings.prefix);
    this.#leases = new Leases((lease) => this.#settle(lease.owner, [returned(lease)], true));
  }

  get processes(): number {
    return this.#settings.processes ?? this.#census.count;
  }

  connect(host: StoreHost): Promise<void> {
    this.#host = host;
    this.#connected ??= this.#connection.connect().finally(() => this.#census.start());
    return this.#connected;
  }

  async ready(): Promise<void> {
    await this.#connection.ready();
  }

  /** @throws FluxError `cost_invalid`; rejects with `store_unavailable`. */
  charge(owner: string, charges: readonly Charge[], dryRun = false): Outcome | Promise<Outcome> {
    checkCosts(charges);
    const known = this.#known(owner, charges, dryRun);
    if (known !== undefined) return known;
    const more = dryRun ? undefined : this.#leases.wanted(owner, charges);
    const asked = this.#ask(owner, charges, dryRun, more);
    if (more === undefined) return asked;
    const done = asked.finally(() => {
      this.#leases.asked(owner, charges, more);
      this.#asking.delete(done);
    });
    this.#asking.add(done);
    return done;
  }

  /**
   * @throws FluxError `settle_invalid` for an amount that is no non-negative safe integer; rejects with
   *   `store_unavailable`, and may be tried again: what was done is not done twice. (Of what a lease paid
   *   and the server was asked, with no answer, a second try does nothing.)
   */
  async settle({ owner, charges, outcome }: Receipt, actual: readonly (number | undefined)[]) {
    checkActual(actual);
    if (!outcome.allowed) return;
    const tickets = ticketsOf(charges, ticketsIn(outcome));
    const leased = outcome instanceof LeasedOutcome ? outcome : undefined;
    if (tickets === undefined && leased === undefined) return;
    const settled = outcome instanceof RedisOutcome ? outcome.settled : [];
    const settlements: Settlement[] = [];
    const asked: number[] = [];
    charges.forEach((charge, i) => {
      const used = actual[i];
      if (used === undefined || settled[i] === true) return;
      settled[i] = true;
      const ticket = tickets?.[i];
      const settlement =
        ticket === undefined
          ? settledFromLease(leased?.leases[i] as Lease, charge, used)
          : { charge, used, marks: marksOf(outcome.marks, i), ticket, once: true };
      if (settlement === undefined) return;
      settlements.push(settlement);
      asked.push(i);
    });
    if (settlements.length === 0) return;
    try {
      await this.#settle(owner, settlements);
    } catch (error) {
      // The server knows what it has settled by its ticket; what a lease paid has none.
      if (leased === undefined || isUndone(error)) for (const i of asked) settled[i] = false;
      throw error;
    }
  }

  reset(owner: string): void {
    this.#denials.forget(owner);
  }

  async close(): Promise<void> {
    this.#leases.stop();
    await Promise.allSettled(this.#asking);
    await this.#leases.close();
    await this.#census.stop(this.#settings.timeout);
    this.#connection.close();
  }

  /** What needs no server: units that are leased, and what it has just refused. */
  #known(owner: string, charges: readonly Charge[], dryRun: boolean): Outcome | undefined {
    const leased = !dryRun && this.#leases.of(owner);
    if (!leased && !this.#denials.of(owner)) return undefined;
    const at = this.#connection.servers.of(ownerKey(this.#settings.prefix, owner)).clock.now();
    // A key that has moved to a node whose time is not known yet.
    if (Number.isNaN(at)) return undefined;
    const leases = leased ? this.#leases.spend(owner, charges, at) : undefined;
    if (leases !== undefined) return new LeasedOutcome(at, charges, leases, this.#host.now());
    const marks = this.#denials.marksOf(owner, charges, at);
    if (marks === undefined) return undefined;
    return new RedisOutcome(false, at, marks, this.#host.now());
  }

  async #settle(owner: string, settlements: readonly Settlement[], patient = false): Promise<void> {
    this.#denials.forget(owner);
    try {
      await this.#counters.settle(owner, settlements, patient);
    } finally {
      // A refusal that was on its way meanwhile may be from before.
      this.#denials.forget(owner);
    }
  }

  #ask(
    owner: string,
    charges: readonly Charge[],
    dryRun: boolean,
    more: readonly number[] | undefined,
  ): Promise<Outcome> {
    return this.#counters.charge(owner, charges, dryRun, more, (reply, sent) => {
      const { allowed, at, marks, tickets, leased } = reply;
      const told = leased === undefined ? marks : withoutLeases(charges, marks, leased);
      const outcome = new RedisOutcome(allowed, at, told, this.#host.now(), tickets);
      if (!allowed) this.#denials.note(owner, charges, marks, sent);
      else if (!dryRun) this.#denials.charged(owner, charges, marks);
      if (leased !== undefined) this.#lease(owner, charges, reply, sent);
      return outcome;
    });
  }

  #lease(
    owner: string,
    charges: readonly Charge[],
    { leased, marks, tickets }: ChargeReply,
    sent: number,
  ): void {
    const made = ticketsOf(charges, tickets);
    charges.forEach((charge, i) => {
      const size = leased?.[i] ?? 0;
      const ticket = made?.[i];
      if (size === 0 || ticket === undefined) return;
      this.#leases.add(owner, charge, size, marksOf(marks, i), leaseTicket(ticket), sent);
    });
  }
}

/** What the process has leased counts as not spent. */
function withoutLeases(
  charges: readonly Charge[],
  marks: readonly number[],
  leased: readonly number[],
): readonly number[] {
  return marks.map((mark, at) => {
    const i = at >> 1;
    const { policy } = charges[i] as Charge;
    if (at % 2 === 1) return mark;
    return mark - worthOf(policy, leased[i] ?? 0);
  });
}
