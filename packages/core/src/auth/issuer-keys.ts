import type { AuthHost } from "./auth-config.ts";
import { AuthFailure } from "./auth-failure.ts";
import type { KeyFetcher } from "./fetch-keys.ts";
import * as keyAges from "./key-ages.ts";
import { type FoundKey, JsonWebKeySet, type KeyHeader, type KeySet } from "./key-set.ts";
import * as refusals from "./refusals.ts";

/** `fresh`: looked at in time. `stale`: the issuer is down, the last good set serves. `none`: only after a look. */
export type KeysState = "fresh" | "stale" | "none";

/**
 * One issuer's keys and the rules of their age. Nothing runs unless a request asks: there is no timer,
 * at most one fetch is under way, and after a failure none begins before the back-off ended.
 */
export class IssuerKeys {
  readonly #issuer: string;
  readonly #host: AuthHost;
  readonly #fetch: KeyFetcher | undefined;
  readonly #staleFor: number;
  #keys: KeySet;
  /** When the set came: the last success. */
  #fetchedAt = -Infinity;
  /** When the issuer was last asked, whatever came of it. */
  #lookedAt = -Infinity;
  #failures = 0;
  #retryAt = -Infinity;
  #unknownKeyAt = -Infinity;
  /** Resolves with what failed; never rejects. */
  #underWay: Promise<unknown> | undefined;

  /**
   * @param keys those that there are before any are fetched.
   * @param fetch without it, the keys were given, and never age.
   * @param staleFor milliseconds.
   */
  constructor(
    issuer: string,
    host: AuthHost,
    keys: KeySet,
    fetch?: KeyFetcher,
    staleFor: number = keyAges.stale,
  ) {
    this.#issuer = issuer;
    this.#host = host;
    this.#keys = keys;
    this.#fetch = fetch;
    this.#staleFor = staleFor;
  }

  /** Whether a verified token may be answered from these keys now. Begins a fetch in the background where one is due. */
  state(now: number): KeysState {
    // Also where the clock tells no time (`NaN`), nobody is let in.
    if (this.#fetch === undefined) return now < Infinity ? "fresh" : "none";
    const age = now - this.#fetchedAt;
    return age < keyAges.refresh && age >= -keyAges.clockStep
      ? "fresh"
      : this.#agedState(now, this.#fetch);
  }

  /** Waits until the keys may be used, or until it is sure that they cannot. */
  async settle(): Promise<"fresh" | "stale" | AuthFailure> {
    let state = this.state(this.#host.now());
    if (state === "none" && this.#underWay !== undefined) {
      await this.#underWay;
      state = this.state(this.#host.now());
    }
    return state === "none" ? this.#unavailable() : state;
  }

  /**
   * Whether a header that has led to this key still leads to it, and the keys are fresh. Begins a fetch in the
   * background where one is due.
   */
  stillFinds({ set }: FoundKey, now: number): boolean {
    return set === this.#keys && this.state(now) === "fresh";
  }

  /** The key that a token's header asks for. */
  async find(header: KeyHeader): Promise<FoundKey | AuthFailure> {
    const before = this.#fetchedAt;
    const settled = await this.settle();
    if (settled instanceof AuthFailure) return settled;

    let found = await this.#keys.find(header);
    // A set that came while this request waited is as new as it gets.
    if (found === refusals.unknownKey && this.#fetch !== undefined && this.#fetchedAt === before) {
      if (this.#mayFetchForUnknownKey()) await this.#fetchKeys(this.#fetch);
      // Where the issuer cannot be asked, nobody knows whether it has such a key by now.
      if (this.#failures > 0) return this.#unavailable();
      found = await this.#keys.find(header);
    }
    if (found === refusals.keyUnusable) this.#report("a key that a token names cannot be used");
    if (found === refusals.weakKey)
      this.#report("a key that a token names is weak: an RSA key must have at least 2,048 bits");
    return found;
  }

  /** Fetches the keys unless they are fresh. Rejects with what failed. */
  async ready(): Promise<void> {
    const state = this.state(this.#host.now());
    if (this.#fetch === undefined || (state === "fresh" && this.#underWay === undefined)) return;
    const error = await this.#fetchKeys(this.#fetch);
    if (error !== undefined)
      throw new Error(`the keys of ${this.#issuer} could not be fetched`, { cause: error });
  }

  #agedState(now: number, fetch: KeyFetcher): KeysState {
    const age = since(this.#fetchedAt, now);
    if (this.#backedOff(now)) void this.#fetchKeys(fetch);
    const isOver = age >= Math.max(keyAges.unseen, this.#staleFor);
    if (isOver || since(this.#lookedAt, now) >= keyAges.unseen) return "none";
    return age < keyAges.unseen ? "fresh" : "stale";
  }

  #backedOff(now: number): boolean {
    return now >= this.#retryAt || this.#retryAt - now > keyAges.longestBackOff;
  }

  #mayFetchForUnknownKey(): boolean {
    const now = this.#host.now();
    if (this.#underWay !== undefined) return true;
    if (this.#failures > 0) return this.#backedOff(now);
    if (since(this.#unknownKeyAt, now) < keyAges.unknownKey) return false;
    this.#unknownKeyAt = now;
    return true;
  }

  /** One fetch at a time: who comes while one is under way shares it. Resolves with what failed. */
  #fetchKeys(fetch: KeyFetcher): Promise<unknown> {
    this.#underWay ??= this.#tryFetch(fetch);
    return this.#underWay;
  }

  async #tryFetch(fetch: KeyFetcher): Promise<unknown> {
    try {
      this.#keys = new JsonWebKeySet(await fetch(), this.#keys);
      const now = this.#host.now();
      this.#fetchedAt = now;
      this.#lookedAt = now;
      this.#failures = 0;
      this.#retryAt = -Infinity;
      return undefined;
    } catch (error) {
      const now = this.#host.now();
      this.#lookedAt = now;
      this.#retryAt =
        now + Math.min(keyAges.longestBackOff, keyAges.firstBackOff * 2 ** this.#failures);
      this.#failures += 1;
      this.#report("its keys could not be fetched", error);
      return error ?? new Error("unknown");
    } finally {
      this.#underWay = undefined;
    }
  }

  #unavailable(): AuthFailure {
    const wait = this.#retryAt - this.#host.now();
    return refusals.keysUnavailable(
      Math.max(1, Number.isFinite(wait) ? Math.ceil(wait / 1_000) : 1),
    );
  }

  #report(message: string, error?: unknown): void {
    this.#host.onEvent({ source: "jwks", message: `${this.#issuer}: ${message}`, error });
  }
}

/**
 * Milliseconds passed, below 0 where the clock was set back a little; without end where it was set back further, so
 * that nothing lives longer for it.
 */
function since(time: number, now: number): number {
  const passed = now - time;
  return passed >= -keyAges.clockStep ? passed : Infinity;
}
