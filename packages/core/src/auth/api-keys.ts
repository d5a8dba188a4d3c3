import type { Principal } from "../decision/principal.ts";
import { BoundedMap } from "../support/bounded-map.ts";
import { within } from "../support/within.ts";
import { type JudgedRecord, judgeRecord } from "./api-key-record.ts";
import type { ApiKeysConfig, AuthHost } from "./auth-config.ts";
import type { AuthFailure } from "./auth-failure.ts";
import { equalInConstantTime } from "./constant-time.ts";
import { Credential, type IdentityWalk, type RememberedCredential } from "./credential.ts";
import { fingerprint } from "./fingerprint.ts";
import { hashApiKey } from "./generate-api-key.ts";
import { longestApiKey, mayBeApiKey } from "./may-be-api-key.ts";
import { patience } from "./patience.ts";
import * as refusals from "./refusals.ts";

/** Milliseconds that a record is believed, unless the config says otherwise. */
const usualCacheFor = 30_000;
/** Milliseconds that a refusal is remembered. */
const refusedFor = 5_000;
/** Milliseconds after its last good lookup in which a key is looked up again without counting as a guess. */
const recentlyGoodFor = 600_000;
/** Keys remembered, and as many refused ones apart: garbage must not push out what is good. */
const capacity = 10_000;

interface KnownKey extends RememberedCredential {
  readonly key: string;
  readonly hash: string;
  /** Epoch milliseconds: the end of the record's age or of the key's life, whichever comes first. */
  readonly until: number;
  /** Epoch milliseconds until which it counts as one that was good a short while ago. */
  readonly recentUntil: number;
}

interface RefusedKey {
  readonly failure: AuthFailure;
  readonly id: string | undefined;
  readonly until: number;
}

/** API keys: known ones are answered at once, new ones are looked up once however many ask. */
export class ApiKeys {
  readonly #config: ApiKeysConfig;
  readonly #cacheFor: number;
  readonly #host: AuthHost;
  /** By a fingerprint, which tells an outsider nothing; the key itself is compared in constant time. */
  readonly #known = new BoundedMap<number, KnownKey>(capacity);
  /** By the key's hash. */
  readonly #refused = new BoundedMap<string, RefusedKey>(capacity);
  readonly #underWay = new Map<string, Promise<Principal | AuthFailure>>();
  /** Counts `invalidate`: what was looked up before must not be remembered after. */
  #generation = 0;

  constructor(config: ApiKeysConfig, host: AuthHost) {
    this.#config = config;
    this.#cacheFor = config.cacheFor ?? usualCacheFor;
    this.#host = host;
  }

  /** The principal of a known key, the refusal of what cannot be one, or a credential to verify. */
  recall(key: string, walk: IdentityWalk): Principal | AuthFailure | Credential {
    const known = this.#find(key);
    if (known !== undefined && walk.now < known.until) {
      walk.known = known;
      return known.principal;
    }
    if (known === undefined && !mayBeApiKey(key, this.#config.prefix))
      return refusals.malformedApiKey;
    const recentlyGood = known !== undefined && walk.now < known.recentUntil;
    return new Credential("apiKey", key, false, key, undefined, recentlyGood);
  }

  /** Looks a key up. Never rejects. */
  async verify(credential: Credential): Promise<Principal | AuthFailure> {
    const key = credential.reveal();
    try {
      return await this.#lookUpOnce(key, await hashApiKey(key));
    } catch (error) {
      return this.#failed(error);
    }
  }

  /** @param key an API key's id or its hash. */
  invalidate(test: ((principal: Principal) => boolean) | undefined, key?: string): void {
    this.#generation += 1;
    this.#underWay.clear();
    if (test !== undefined) this.#known.deleteWhere(({ principal }) => test(principal));
    if (key === undefined) return;
    this.#known.deleteWhere(({ hash, principal }) => hash === key || principal.subject === key);
    this.#refused.delete(key);
    this.#refused.deleteWhere(({ id }) => id === key);
  }

  /** One lookup of a key at a time, shared by all who bring it meanwhile. */
  async #lookUpOnce(key: string, hash: string): Promise<Principal | AuthFailure> {
    // Others may have asked while the hash was computed.
    const now = this.#host.now();
    const known = this.#find(key);
    if (known !== undefined && now < known.until) return known.principal;
    const refused = this.#refused.get(hash);
    if (refused !== undefined && now < refused.until) return refused.failure;

    const underWay = this.#underWay.get(hash);
    if (underWay !== undefined) return underWay;
    const lookup = this.#lookUp(key, hash, now).finally(() => {
      if (this.#underWay.get(hash) === lookup) this.#underWay.delete(hash);
    });
    this.#underWay.set(hash, lookup);
    return lookup;
  }

  async #lookUp(key: string, hash: string, now: number): Promise<Principal | AuthFailure> {
    const generation = this.#generation;
    try {
      const record = judgeRecord(
        await within(this.#config.lookup(hash), patience, "auth.apiKeys.lookup"),
        hash,
        this.#host.now(),
      );
      if (generation === this.#generation) this.#remember(key, hash, record, now);
      return "failure" in record ? record.failure : record.principal;
    } catch (error) {
      return this.#failed(error);
    }
  }

  #failed(error: unknown): AuthFailure {
    this.#host.onEvent({ source: "apiKeys", message: "auth.apiKeys.lookup failed", error });
    return refusals.apiKeysUnavailable;
  }

  /** @param asked when the record was asked for: it may be as old as the question, so its age counts from then. */
  #remember(key: string, hash: string, record: JudgedRecord, asked: number): void {
    if ("failure" in record) {
      if (this.#find(key) !== undefined) this.#known.delete(fingerprint(key, 0));
      this.#refused.set(hash, { ...record, until: asked + refusedFor });
      return;
    }
    const { principal, expiresAt } = record;
    this.#known.set(fingerprint(key, 0), {
      key,
      hash,
      principal,
      until: Math.min(asked + this.#cacheFor, expiresAt),
      recentUntil: asked + recentlyGoodFor,
      standing: undefined,
    });
  }

  /** What is known of a key, whatever its age. */
  #find(key: string): KnownKey | undefined {
    if (key.length > longestApiKey) return undefined;
    const known = this.#known.get(fingerprint(key, 0));
    return known !== undefined && equalInConstantTime(known.key, key) ? known : undefined;
  }
}
