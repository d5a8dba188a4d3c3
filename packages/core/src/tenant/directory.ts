/**
 * Tenants by id: loaded once for all who ask at the same time, served while fresh, served stale while a
 * new look is taken or fails, and bounded in number. Only members reach it, so a stranger cannot fill it.
 */

import { BoundedMap } from "../support/bounded-map.ts";
import { copyOf } from "../support/copy-of.ts";
import { within } from "../support/within.ts";
import { TenantFailure, type TenantState, tenantFailures } from "./tenant.ts";

export interface DirectoryOptions<State extends TenantState> {
  /** The user's `tenant.load`; throws and rejects as it likes. */
  readonly load: (id: string) => unknown;
  /** Reads a record; a string says what is wrong with it. `record` is neither null nor undefined. */
  readonly compile: (id: string, record: unknown) => State | string;
  /** The state to go on with when `load` fails and nothing is cached; absent: refuse. */
  readonly fallback?: ((id: string) => State) | undefined;
  /** Milliseconds. */
  readonly fresh: number;
  readonly stale: number;
  readonly timeout: number;
  /** Entries. */
  readonly max: number;
  readonly now: () => number;
  readonly onError: (message: string, error?: unknown) => void;
}

export interface Entry<State extends TenantState> {
  readonly state: State | TenantFailure;
  /** Epoch milliseconds of the load. */
  readonly loadedAt: number;
  /** Epoch milliseconds from which on a new look is taken. */
  readonly freshUntil: number;
  /** Epoch milliseconds before which no background load is tried. */
  retryAt: number;
  /** Whether the last look failed, so that this is known to be old. */
  degraded: boolean;
  /** Whether this is still the directory's word on the tenant. */
  stands: boolean;
  /** Of the directory's entries, when this one was last asked for. */
  turn: number;
}

/** How long "there is no such tenant" and a malformed record are believed, in ms. */
const refusalLife = 5_000;
/** How long after a failed load no other is tried, in ms. */
const backOff = 1_000;

export class TenantDirectory<State extends TenantState> {
  readonly #options: DirectoryOptions<State>;
  readonly #entries: BoundedMap<string, Entry<State>>;
  readonly #refusals: BoundedMap<string, Entry<State>>;
  readonly #loads = new Map<string, Promise<Entry<State>>>();

  constructor(options: DirectoryOptions<State>) {
    this.#options = options;
    this.#entries = new BoundedMap(options.max);
    this.#refusals = new BoundedMap(Math.min(options.max, 1_000));
  }

  /**
   * Whether an entry that `get` gave may be used again without asking: it is fresh, and the directory's word. Now
   * and then it is to be asked for all the same, so that what is in use is not dropped.
   */
  holds(entry: Entry<State>, now: number): boolean {
    return (
      entry.stands &&
      !entry.degraded &&
      now < entry.freshUntil &&
      now >= entry.loadedAt &&
      entry.turn === this.#entries.turns
    );
  }

  /** The tenant's entry: at once where it is cached and not too old. Never rejects. */
  get(id: string, now: number): Entry<State> | Promise<Entry<State>> {
    const entry = this.#entries.get(id);
    if (entry !== undefined) {
      entry.turn = this.#entries.turns;
      if (now < entry.freshUntil && now >= entry.loadedAt) return entry;
      if (now < entry.freshUntil + this.#options.stale) {
        if (now >= entry.retryAt) void this.#load(id);
        return entry;
      }
    }
    const refusal = this.#refusals.get(id);
    if (refusal !== undefined && now < refusal.retryAt) return refusal;
    return this.#load(id);
  }

  /** Forgets a tenant; a load under way is not believed either. */
  invalidate(id: string): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) entry.stands = false;
    this.#entries.delete(id);
    this.#refusals.delete(id);
    this.#loads.delete(id);
  }

  #load(named: string): Promise<Entry<State>> {
    const underWay = this.#loads.get(named);
    if (underWay !== undefined) return underWay;
    const id = copyOf(named);
    const load: Promise<Entry<State>> = this.#fetch(id).then(
      (record) => this.#accept(id, record, this.#loads.get(id) === load),
      (error) => this.#fail(id, error, this.#loads.get(id) === load),
    );
    this.#loads.set(id, load);
    return load;
  }

  async #fetch(id: string): Promise<unknown> {
    return within(this.#options.load(id), this.#options.timeout, "tenant.load");
  }

  /** A record may be anything: a lazy one throws when its fields are read. */
  #read(id: string, record: unknown): State | TenantFailure {
    if (record === undefined || record === null) return tenantFailures.unknown;
    let wrong: string;
    try {
      const state = this.#options.compile(id, record);
      if (typeof state !== "string") return state;
      wrong = state;
    } catch (error) {
      wrong = error instanceof Error ? error.message : "reading it threw";
    }
    this.#options.onError(`The record of tenant ${JSON.stringify(id)} cannot be used: ${wrong}`);
    return tenantFailures.malformed;
  }

  #accept(id: string, record: unknown, current: boolean): Entry<State> {
    const now = this.#options.now();
    const state = this.#read(id, record);
    const refused = state instanceof TenantFailure;
    const entry = this.#entryOf(state, now, refused ? now + refusalLife : 0, false, current);
    if (!current) return entry;
    this.invalidate(id);
    if (refused) this.#refusals.set(id, entry);
    else this.#entries.set(id, entry);
    return entry;
  }

  #fail(id: string, error: unknown, current: boolean): Entry<State> {
    const now = this.#options.now();
    this.#options.onError(`tenant.load failed for tenant ${JSON.stringify(id)}`, error);
    if (current) this.#loads.delete(id);
    const entry = this.#entries.get(id);
    if (entry !== undefined) {
      // What was loaded since an invalidation is not the worse for an older load's failure.
      if (current) {
        entry.retryAt = now + backOff;
        entry.degraded = true;
      }
      if (now < entry.freshUntil + this.#options.stale) return entry;
    }
    const state = this.#options.fallback?.(id) ?? tenantFailures.unavailable;
    const refusal = this.#entryOf(state, now, now + backOff, true, current);
    if (current) this.#refusals.set(id, refusal);
    return refusal;
  }

  #entryOf(
    state: State | TenantFailure,
    now: number,
    retryAt: number,
    degraded: boolean,
    stands: boolean,
  ): Entry<State> {
    const freshUntil = now + this.#options.fresh;
    const turn = this.#entries.turns;
    return { state, loadedAt: now, freshUntil, retryAt, degraded, stands, turn };
  }
}
