import { FluxError } from "../errors.ts";
import { isAmount } from "../limits/arithmetic.ts";
import type { Charge, Outcome, Receipt, Store, StoreHost } from "../limits/store.ts";
import { Census } from "./census.ts";
import { Denials } from "./denials.ts";
import { counterKey, ownerKey } from "./keys.ts";
import { Leases } from "./leases.ts";
import { Link, Script, unavailable } from "./link.ts";
import { type RedisStoreOptions, readOptions, type StoreSettings } from "./options.ts";
import { LeasedOutcome, RedisOutcome, ticketsOf } from "./outcome.ts";
import { chargeScript } from "./scripts/charge.ts";
import { settleScript } from "./scripts/settle.ts";
import { returned, type Settlement, settleAll, settledFromLease } from "./settlements.ts";
import {
  type ChargeReply,
  chargeArguments,
  checkCosts,
  partitionsOf,
  readCharged,
} from "./wire.ts";

/** A store that several processes share. */
export interface RedisStore extends Store {
  /** Processes that count together, by their last word to the server; at least 1. */
  readonly processes: number;
  connect(host: StoreHost): Promise<void>;
  close(): Promise<void>;
}

/**
 * Counters in Redis (6.2 or later), Valkey, Redis Cluster or behind Redis Sentinel. All charges of one
 * owner are one call of one script, all or none, by the server's clock. A refusal is remembered for a
 * moment, so that a client that is being refused costs no round trip; a leased limit or feature costs
 * one for many. The connection is the store's own, and opened by `defineFlux`.
 *
 * No call takes longer than `timeout`, and none is made twice. Where the server does not answer, each
 * limit's `onError` decides, and `decision.degraded` says so. The server must not evict keys
 * (`maxmemory-policy noeviction`): an evicted counter begins anew.
 * @param options a URL (`redis://host:6379`, `rediss://` for TLS), or more.
 * @throws FluxError `config_invalid` for options that are none.
 */
export function redisStore(options: string | RedisStoreOptions): RedisStore {
  return new SharedStore(readOptions(options));
}

const charging = new Script(chargeScript);
const settling = new Script(settleScript);

class SharedStore implements RedisStore {
  readonly atomic = true;
  readonly #settings: StoreSettings;
  readonly #link: Link;
  readonly #census: Census;
  readonly #denials = new Denials();
  readonly #leases: Leases;
  #host: StoreHost = { now: Date.now };
  #connected: Promise<void> | undefined;

  constructor(settings: StoreSettings) {
    this.#settings = settings;
    this.#link = new Link(settings, [charging, settling]);
    this.#census = new Census(this.#link, settings.prefix);
    this.#leases = new Leases((lease) => this.#settle(lease.owner, [returned(lease)]));
  }

  get processes(): number {
    return this.#settings.processes ?? this.#census.count;
  }

  connect(host: StoreHost): Promise<void> {
    this.#host = host;
    this.#connected ??= this.#link.connect().finally(() => this.#census.start());
    return this.#connected;
  }

  /** @throws FluxError `cost_invalid`; rejects with `store_unavailable`. */
  charge(owner: string, charges: readonly Charge[], dryRun = false): Outcome | Promise<Outcome> {
    checkCosts(charges);
    const { clock } = this.#link;
    if (clock.known) {
      const at = clock.now();
      if (!dryRun) {
        const leases = this.#leases.spend(owner, charges, at);
        if (leases !== undefined) return new LeasedOutcome(at, charges, leases, this.#host.now());
      }
      const marks = this.#denials.marksOf(owner, charges, at);
      if (marks !== undefined) return new RedisOutcome(false, at, marks, this.#host.now());
    }
    const more = dryRun ? undefined : this.#leases.wanted(owner, charges);
    const asked = this.#ask(owner, charges, dryRun, more);
    if (more === undefined) return asked;
    return asked.finally(() => this.#leases.asked(owner, charges, more));
  }

  /**
   * @throws FluxError `settle_invalid` for an amount that is no non-negative safe integer; rejects with
   *   `store_unavailable`, and may be tried again: what was done is not done twice.
   */
  async settle({ owner, charges, outcome }: Receipt, actual: readonly (number | undefined)[]) {
    for (const units of actual)
      if (units !== undefined && !isAmount(units))
        throw new FluxError(
          "settle_invalid",
          `what was used must be a non-negative safe integer, got ${units}`,
        );
    if (!outcome.allowed) return;
    const tickets = ticketsOf(charges, outcome);
    const leased = outcome instanceof LeasedOutcome ? outcome : undefined;
    if (tickets === undefined && leased === undefined) return;
    const settled = outcome instanceof RedisOutcome ? outcome.settled : [];
    const open = charges.flatMap((charge, i) => {
      const used = actual[i];
      return used === undefined || settled[i] === true ? [] : [{ charge, i, used }];
    });
    const settlements: Settlement[] = [];
    for (const { charge, i, used } of open) {
      settled[i] = true;
      const ticket = tickets?.[i];
      if (ticket !== undefined) {
        const marks = [outcome.marks[2 * i] ?? 0, outcome.marks[2 * i + 1] ?? 0] as const;
        settlements.push({ charge, used, marks, ticket, once: true });
      } else {
        const lease = leased?.leases[i];
        const rest = lease && settledFromLease(lease, charge, used);
        if (rest !== undefined) settlements.push(rest);
      }
    }
    if (settlements.length === 0) return;
    try {
      await this.#settle(owner, settlements);
    } catch (error) {
      // The server knows what it has settled; what came from a lease it does not.
      if (leased === undefined) for (const { i } of open) settled[i] = false;
      throw error;
    }
  }

  reset(owner: string): void {
    this.#denials.forget(owner);
  }

  async close(): Promise<void> {
    await this.#leases.close();
    await this.#census.stop();
    this.#link.close();
  }

  async #settle(owner: string, settlements: readonly Settlement[]): Promise<void> {
    this.#denials.forget(owner);
    await settleAll(this.#link, settling, ownerKey(this.#settings.prefix, owner), settlements);
    // A refusal that was on its way meanwhile may be from before.
    this.#denials.forget(owner);
  }

  async #ask(
    owner: string,
    charges: readonly Charge[],
    dryRun: boolean,
    more: readonly number[] | undefined,
  ): Promise<Outcome> {
    const own = ownerKey(this.#settings.prefix, owner);
    const partitions = partitionsOf(charges);
    const keys = partitions.map((partition) => counterKey(own, partition));
    const { clock } = this.#link;
    const budget = this.#settings.timeout * 1_000;
    let sent = 0;
    const words = () => {
      sent = performance.now();
      const now = clock.known ? clock.now() : 0;
      const deadline = clock.known ? now + budget : 0;
      return chargeArguments(charges, partitions, dryRun, now, deadline, more);
    };
    const began = performance.now();
    let reply = await this.#link.run(charging, keys, words);
    // The server says that it came too late, though it did not: its clock was set forward.
    if (isLate(reply) && performance.now() - began < this.#settings.timeout / 2) {
      clock.read(reply[1] as number);
      reply = await this.#link.run(charging, keys, words);
    }
    if (isLate(reply)) throw unavailable("got the call too late, and has charged nothing");
    const answer = readCharged(reply, charges.length, partitions.length);
    clock.read(answer.at);
    const { allowed, at, marks, tickets } = answer;
    const outcome = new RedisOutcome(allowed, at, marks, this.#host.now(), tickets);
    if (!allowed) this.#denials.note(owner, charges, marks);
    else if (answer.leased !== undefined) this.#lease(owner, charges, outcome, answer, sent);
    return outcome;
  }

  #lease(
    owner: string,
    charges: readonly Charge[],
    outcome: RedisOutcome,
    { leased, marks }: ChargeReply,
    sent: number,
  ): void {
    const tickets = ticketsOf(charges, outcome);
    leased?.forEach((units, i) => {
      const ticket = tickets?.[i];
      if (units === 0 || ticket === undefined) return;
      const own = { born: ticket.born, number: ticket.number + 1 };
      const value = marks[2 * i] as number;
      const side = marks[2 * i + 1] as number;
      this.#leases.add(owner, charges[i] as Charge, units, [value, side], own, sent);
    });
  }
}

const isLate = (reply: readonly number[]) => Array.isArray(reply) && reply[0] === 2;
