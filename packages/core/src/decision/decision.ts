import type { ByName, Keys, ResponseOutcome } from "../config/requirement-types.ts";
import type { CheckKind, DenialCode } from "./codes.ts";
import type { Principal } from "./principal.ts";

/** One failed check. */
export interface Denial {
  readonly code: DenialCode;
  readonly check: CheckKind;
  /** The flag, feature, limit, or the missing scopes, roles or permissions (separated by spaces). */
  readonly name?: string | undefined;
  /** A sentence for the caller. */
  readonly detail: string;
  /** Of a permission check: what the caller lacks, and all that was asked for. */
  readonly missing?:
    | {
        readonly field: "scopes" | "roles" | "permissions";
        readonly names: readonly string[];
        /** Whether one of the names is enough. */
        readonly any: boolean;
        readonly required: readonly string[];
      }
    | undefined;
  /** Epoch milliseconds at which the same request would pass this check; `undefined`: time alone will not help. */
  readonly retryAt?: number | undefined;
}

/** Names that are missing: all of them, or one of `any`. */
export type MissingNames = readonly string[] | { readonly any: readonly string[] };

/** The smallest change that would have allowed the request: all that is listed, together. */
export interface Remedy {
  /** Sign in, or send other credentials. */
  readonly authenticate?: true;
  /** Epoch milliseconds, rounded up, at which every failed limit and quota would pass. */
  readonly retryAt?: number;
  /** Each of these plans would allow it. */
  readonly plans?: readonly string[];
  readonly scopes?: MissingNames;
  readonly roles?: MissingNames;
  readonly permissions?: MissingNames;
  /** What to change about the request itself. */
  readonly request?: string;
}

/** The state of one charged limit or metered feature after this decision. */
export interface LimitState {
  readonly name: string;
  readonly kind: "limit" | "feature";
  /** Units per window or period. */
  readonly quota: number | "unlimited";
  /** Seconds; of a month its actual length. */
  readonly window: number;
  /** Units that can be spent now. */
  readonly remaining: number | "unlimited";
  /** Epoch milliseconds at which it is full again, or at which the period ends. */
  readonly resetAt: number;
  /** What this request asked for. */
  readonly asked: number;
  /** What the decision charged: 0 where it refused or only peeked. What is settled or given back later is not in it. */
  readonly charged: number;
  /** Whether this one let the request pass. */
  readonly passed: boolean;
}

/** What a tenant is entitled to of one feature. */
export interface FeatureState {
  readonly granted: boolean;
  readonly kind: "boolean" | "static" | "metered";
  /** The static value, `true`/`false`, or a metered feature's quota (`"unlimited"`). */
  readonly value: number | string | boolean;
  /** Metered: units used in this period; `undefined` where the store would have to be awaited. */
  readonly used?: number;
  /** Metered: units left. */
  readonly remaining?: number | "unlimited";
  /** Metered: epoch milliseconds at which the period ends. */
  readonly resetAt?: number;
}

/** A flag's evaluation in OpenFeature's terms. */
export interface FlagEvaluation<Value = unknown, Variant extends string = string> {
  /** `undefined` where the caller's own default applies: disabled, in error, or without a default variant. */
  readonly value: Value | undefined;
  readonly variant?: Variant | undefined;
  readonly reason: string;
  readonly errorCode?: string | undefined;
}

/** A tenant as a decision shows it. */
export interface DecidedTenant {
  readonly id: string;
  /** `undefined` where the config has no plans. */
  readonly plan: string | undefined;
}

/** One line of an explanation. */
export interface ExplainedCheck {
  readonly check: string;
  readonly outcome: "passed" | "failed" | "skipped";
  /** What was looked at and what came of it; credentials and claims are never in it. */
  readonly detail: string;
  /** µs; only with `explain: true`. */
  readonly cost?: number;
}

export interface Explanation {
  readonly summary: string;
  readonly checks: readonly ExplainedCheck[];
  /** The trace as printable lines. */
  toString(): string;
}

/** The answer to: may this caller do this, now? */
export interface Decision<K extends Keys = Keys> {
  readonly allowed: boolean;
  /** 200, or the HTTP status of the first denial. */
  readonly status: number;
  /** The first denial's code; `"allowed"` where there is none. */
  readonly code: DenialCode | "allowed";
  /** Every failed check, in the order request, credentials, tenant, permission, flag, feature, quota, limit. */
  readonly denials: readonly Denial[];
  /** `undefined` where the request is allowed or nothing that the caller can do would help. */
  readonly remedy: Remedy | undefined;
  readonly principal: Principal | undefined;
  readonly tenant: DecidedTenant | undefined;
  /** The route keys of the config that applied, and `"unmatched"` where that rule did. */
  readonly routes: readonly string[];
  /** A flag's value for this caller; `undefined` where it has none (disabled, or in error). */
  flag<F extends keyof K["flags"] & string>(key: F): K["flags"][F]["value"] | undefined;
  flagDetails<F extends keyof K["flags"] & string>(
    key: F,
  ): FlagEvaluation<K["flags"][F]["value"], K["flags"][F]["variant"]>;
  feature(key: K["features"] | K["metered"]): FeatureState;
  /** The state of each limit and metered feature that this request was charged for, or was refused by. */
  readonly limits: readonly LimitState[];
  /** What was answered without its source of truth (`"jwks"`, `"tenant"`, `"store"`); empty: nothing. */
  readonly degraded: readonly string[];
  /** The HTTP response headers that go with this decision. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Turns reservations into the real use: feature → units (non-negative safe integers). More than was
   * reserved is charged too. What was settled is final; what nobody settles stands as reserved.
   * @throws FluxError `settle_invalid`
   */
  settle(
    actual: ByName<K["metered"], { readonly [M in K["metered"]]?: number }>,
  ): void | Promise<void>;
  /** Gives back everything charged for this request that was not settled. Idempotent. */
  refund(): void | Promise<void>;
  /** Whether `conclude` would have anything to do: an adapter need only watch such a response. */
  readonly awaitsOutcome: boolean;
  /** Tells how the response ended, for `refundOn`. Called once by the adapter; idempotent. */
  conclude(outcome: ResponseOutcome): void | Promise<void>;
  /** A printable trace: each check, its inputs, its outcome. */
  explain(): Explanation;
}

/** What observes Flux: one compact record a decision. */
export interface DecisionRecord {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly allowed: boolean;
  readonly status: number;
  /** The codes of all denials, in order. */
  readonly codes: readonly DenialCode[];
  /** The same with what each is about: the flag, the feature, the limit, the missing names. */
  readonly denials: readonly { readonly code: DenialCode; readonly name?: string | undefined }[];
  /** Empty where there was no HTTP request (`flux.as`). */
  readonly method: string;
  readonly routes: readonly string[];
  readonly principal: string | undefined;
  readonly tenant: string | undefined;
  readonly plan: string | undefined;
  /** Flags that were read while deciding, with their variants. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly charges: readonly { readonly name: string; readonly cost: number }[];
  readonly degraded: readonly string[];
  /** Microseconds from the call of `decide` to its answer. */
  readonly duration: number;
}
