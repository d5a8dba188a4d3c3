import type { AuthEvent } from "./auth-config.ts";
import type { AuthFailure } from "./auth-failure.ts";
import type { KeyFetcher } from "./fetch-keys.ts";
import { type FoundKey, JsonWebKeySet, type KeyHeader, type KeySet } from "./key-set.ts";
import { keysUnavailable, refusals } from "./refusals.ts";

/** When an issuer's keys are looked at, and how long they are believed; all in milliseconds. */
export const keyAges = {
  /** From this age on, a request has them fetched in the background. */
  refresh: 5 * 60_000,
  /** Not looked at for so long, they answer nothing: the request waits for the fetch. */
  unseen: 10 * 60_000,
  /** How long after the last success they serve while the issuer is down; `staleKeys` in the config. */
  stale: 60 * 60_000,
  /** Between two fetches because of a key that is not in the set. */
  unknownKey: 30_000,
  /** After the first failure; doubled by each further one. */
  firstBackOff: 1_000,
  longestBackOff: 60_000,
  /** A request may have begun before the keys came. Further back than this, the clock was set back. */
  clockStep: 60_000,
} as const;

/**
 * `fresh`: looked at in time. `stale`: the issuer is down, the last good set serves. `wait`: only after a
 * look. `none`: nothing to answer from.
 */
type KeysState = "fresh" | "stale" | "wait" | "none";

interface IssuerKeysHost {
  now(): number;
  report(event: AuthEvent): void;
}

interface RemoteKeys {
  readonly fetch: KeyFetcher;
  /** Milliseconds. */
  readonly staleFor: number;
}

/**
 * One issuer's keys and the rules of their age. Nothing runs unless a request asks: there is no timer,
 * at most one fetch is under way, and after a failure none begins before the back-off ended.
 */
export class IssuerKeys {
  readonly #issuer: string;
  readonly #host: IssuerKeysHost;
  readonly #remote: RemoteKeys | undefined;
  #keys: KeySet | undefined;
  /** When the set came: the last success. */
  #fetchedAt = Number.NEGATIVE_INFINITY;
  /** When the issuer was last asked, whatever came of it. */
  #lookedAt = Number.NEGATIVE_INFINITY;
  #freshFrom = Number.POSITIVE_INFINITY;
  #freshUntil = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #retryAt = Number.NEGATIVE_INFINITY;
  #unknownKeyAt = Number.NEGATIVE_INFINITY;
  /** Resolves with what failed; never rejects. */
  #underWay: Promise<unknown> | undefined;

  private constructor(
    issuer: string,
    host: IssuerKeysHost,
    keys: KeySet | undefined,
    remote: RemoteKeys | undefined,
  ) {
    this.#issuer = issuer;
    this.#host = host;
    this.#keys = keys;
    this.#remote = remote;
  }

  /** Keys that were given: they never age. */
  static of(issuer: string, host: IssuerKeysHost, keys: KeySet): IssuerKeys {
    const given = new IssuerKeys(issuer, host, keys, undefined);
    given.#freshFrom = Number.NEGATIVE_INFINITY;
    given.#freshUntil = Number.POSITIVE_INFINITY;
    return given;
  }

  /** @param staleFor milliseconds. */
  static from(
    issuer: string,
    host: IssuerKeysHost,
    fetch: KeyFetcher,
    staleFor: number = keyAges.stale,
  ): IssuerKeys {
    return new IssuerKeys(issuer, host, undefined, { fetch, staleFor });
  }

  /** Whether a verified token may be answered from these keys now. Begins a fetch in the background where one is due. */
  state(now: number): KeysState {
    return now < this.#freshUntil && now >= this.#freshFrom ? "fresh" : this.#agedState(now);
  }

  /** Waits until the keys may be used, or until it is sure that they cannot. */
  async settle(): Promise<"fresh" | "stale" | AuthFailure> {
    let state = this.state(this.#host.now());
    if ((state === "wait" || state === "none") && this.#underWay !== undefined) {
      await this.#underWay;
      state = this.state(this.#host.now());
    }
    return state === "fresh" || state === "stale" ? state : this.#unavailable();
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
    if (typeof settled !== "string") return settled;

    let found = await this.#find(header);
    // A set that came while this request waited is as new as it gets.
    if (found === "unknown" && this.#remote !== undefined && this.#fetchedAt === before) {
      if (this.#mayFetchForUnknownKey()) await this.#fetchKeys(this.#remote);
      // Where the issuer cannot be asked, nobody knows whether it has such a key by now.
      if (this.#failures > 0) return this.#unavailable();
      found = await this.#find(header);
    }
    if (found === "unknown") return refusals.unknownKey;
    if (found === "ambiguous") return refusals.ambiguousKey;
    if (found === "unusable") {
      this.#report("a key that a token names cannot be used");
      return refusals.keyUnusable;
    }
    if (found === "weak") {
      this.#report("a key that a token names is weak: an RSA key must have at least 2,048 bits");
      return refusals.weakKey;
    }
    return found;
  }

  /** Fetches the keys unless they are fresh. Rejects with what failed. */
  async ready(): Promise<void> {
    const state = this.state(this.#host.now());
    if (this.#remote === undefined || (state === "fresh" && this.#underWay === undefined)) return;
    const error = await this.#fetchKeys(this.#remote);
    if (error !== undefined)
      throw new Error(`the keys of ${this.#issuer} could not be fetched`, { cause: error });
  }

  #agedState(now: number): KeysState {
    const age = since(this.#fetchedAt, now);
    if (this.#remote !== undefined && age >= keyAges.refresh && this.#backedOff(now))
      void this.#fetchKeys(this.#remote);
    if (age >= Math.max(keyAges.unseen, this.#remote?.staleFor ?? 0)) return "none";
    if (since(this.#lookedAt, now) >= keyAges.unseen) return "wait";
    return age < keyAges.unseen ? "fresh" : "stale";
  }

  async #find(header: KeyHeader) {
    return this.#keys === undefined ? "unknown" : this.#keys.find(header);
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
  #fetchKeys(remote: RemoteKeys): Promise<unknown> {
    this.#underWay ??= this.#tryFetch(remote);
    return this.#underWay;
  }

  async #tryFetch(remote: RemoteKeys): Promise<unknown> {
    try {
      const document = await remote.fetch();
      this.#keys = new JsonWebKeySet(
        document,
        this.#keys instanceof JsonWebKeySet ? this.#keys : undefined,
      );
      const now = this.#host.now();
      this.#fetchedAt = now;
      this.#lookedAt = now;
      this.#freshFrom = now - keyAges.clockStep;
      this.#freshUntil = now + keyAges.refresh;
      this.#failures = 0;
      this.#retryAt = Number.NEGATIVE_INFINITY;
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
    return keysUnavailable(Math.max(1, Number.isFinite(wait) ? Math.ceil(wait / 1_000) : 1));
  }

  #report(message: string, error?: unknown): void {
    this.#host.report({ source: "jwks", message: `${this.#issuer}: ${message}`, error });
  }
}

/** Milliseconds passed; without end where the clock was set back, so that nothing lives longer for it. */
function since(time: number, now: number): number {
  return now >= time - keyAges.clockStep ? Math.max(0, now - time) : Number.POSITIVE_INFINITY;
}
