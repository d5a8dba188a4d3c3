import type { Decision } from "../decision/decision.ts";
import type { Facts } from "../facts/facts.ts";
import type { FlagDefinition } from "../flags/types.ts";
import type { DenialResponse } from "../http/denial-response.ts";
import type { Store } from "../limits/store.ts";
import type { ClaimLocator } from "../support/claims.ts";
import type { Duration } from "../support/duration.ts";
import type { AuthInput } from "./auth-types.ts";
import type { Keys, Requirement } from "./requirement-types.ts";

/** A flag in flagd's definition format; `flags` holds them by key. */
export type FlagsInput = { readonly [flag: string]: FlagDefinition };

/** What is sold. */
export type FeatureInput =
  | { readonly kind: "boolean" }
  | { readonly kind: "static" }
  | {
      readonly kind: "metered";
      /** The calendar period, in UTC, at whose end the use starts again at 0. */
      readonly per: "hour" | "day" | "month";
      /** What happens when the store cannot answer: `deny` (default), `allow`, or `local` counting. */
      readonly onError?: OnError;
      /** Units debited ahead: never more than the quota; what a killed process held is lost to its period. */
      readonly lease?: LeaseInput;
    };
export type FeaturesInput = { readonly [feature: string]: FeatureInput };

/** What a source's failure means: refuse, let pass, or count in this process. */
export type OnError = "deny" | "allow" | "local";

/** What a plan grants of a feature, by the feature's kind; a missing feature is not entitled. */
type Grant<F> = F extends { readonly kind: "boolean" }
  ? boolean
  : F extends { readonly kind: "static" }
    ? number | string | boolean
    : number | "unlimited";

export interface PlanInput<Features extends FeaturesInput, Plans extends string> {
  /** The plan whose features and limits this one inherits. */
  readonly extends?: Plans;
  readonly features?: { readonly [F in keyof Features]?: Grant<Features[F]> };
}

/** Whom a limit counts. A function gives the partition's name (1–256 characters) from the facts. */
export type LimitBy = "ip" | "principal" | "tenant" | "apiKey" | ((facts: Facts) => string);

export interface LimitInput<Plans extends string> {
  /** Units per window: 1 to 2^53 − 1. */
  readonly quota: number;
  /** The window; at least 1 µs a unit of quota. */
  readonly window: Duration;
  /** Units that may be spent at once; default: the quota. */
  readonly burst?: number;
  readonly by: LimitBy;
  /** What a plan changes, inherited through `extends`; a number alone replaces the quota. */
  readonly plans?: {
    readonly [P in Plans]?:
      | number
      | "unlimited"
      | { readonly quota?: number; readonly window?: Duration; readonly burst?: number };
  };
  /** What happens when the store cannot answer: `local` counting (default), `deny` or `allow`. */
  readonly onError?: OnError;
  /**
   * Units debited ahead. Then at most `burst + quota × (t + ttl) / window` are admitted in any span `t`.
   */
  readonly lease?: LeaseInput;
}

/**
 * For hot counters in a store that is asked over a network (`@flux/core/redis`): a process takes several
 * units at once and spends them without asking again. Other stores ignore it. Where a request charges
 * several counters, it saves the round trip if all of them are leased.
 */
export interface LeaseInput {
  /**
   * Units taken at once at most, 2 to 1,000,000. Near the limit fewer are: at most an eighth of what is
   * left, so that other processes find something too.
   */
  readonly size: number;
  /** How long they may be held, 10 ms to 1 hour; default: `"1s"`. What is not spent by then goes back. */
  readonly ttl?: Duration;
}

/** Where the tenant's id is; always checked against what the principal belongs to. */
export type TenantFrom =
  | { readonly claim: ClaimLocator }
  | { readonly header: string }
  /** A host pattern with the tenant as its first label: `":tenant.example.com"`. */
  | { readonly host: string }
  /** The start of the path: `"/t/:tenant"`. */
  | { readonly path: string };

/** What `tenant.load` gives. */
export interface TenantRecord {
  /** Default: `defaultPlan`. */
  readonly plan?: string | null;
  /** Grants of this tenant alone, in place of its plan's; each may expire. */
  readonly overrides?: {
    readonly [feature: string]:
      | number
      | string
      | boolean
      | {
          readonly value: number | string | boolean;
          /** Epoch milliseconds, a `Date`, or ISO 8601 with a zone (`2030-01-31T12:00:00Z`); a date alone is UTC. */
          readonly expiresAt?: number | string | Date | null;
        };
  } | null;
  /** `"suspended"` refuses every request; any other status does not. */
  readonly status?: string | null;
}

export interface TenantInput {
  readonly from: TenantFrom;
  /** The tenant's record; `undefined` or `null`: no such tenant. Without `load` every tenant is on `defaultPlan`. */
  readonly load?: (
    id: string,
  ) => TenantRecord | null | undefined | Promise<TenantRecord | null | undefined>;
  readonly cache?: {
    /** How long a record is served without a look; default `"60s"`. */
    readonly fresh?: Duration;
    /** How long after that it is served while a new one is loaded, or while `load` fails; default `"10m"`. */
    readonly stale?: Duration;
    /** Tenants held; default 10,000. */
    readonly max?: number;
  };
  /** How long `load` may take; default `"5s"`. */
  readonly timeout?: Duration;
  /** When `load` fails and nothing is cached: `deny` (default: `unavailable`) or `allow` on `defaultPlan`. */
  readonly onError?: "deny" | "allow";
}

/** A value of the evaluation context, taken from the request. */
export type AttributeInput =
  | { readonly header: string }
  | { readonly claim: string | readonly string[] }
  | ((facts: Facts) => unknown);

/** The one config object. */
export interface FluxConfig<
  Flags extends FlagsInput = FlagsInput,
  Features extends FeaturesInput = FeaturesInput,
  Plans extends string = string,
  Limits extends string = string,
> {
  readonly auth?: AuthInput;
  /** How the client's address is found; default: `facts.ip`, IPv6 by /56. */
  readonly clientIp?:
    | { readonly trustedHops?: number; readonly ipv6Prefix?: number }
    | ((facts: Facts) => string | undefined);
  readonly tenant?: TenantInput;
  readonly features?: Features;
  readonly plans?: { readonly [P in Plans]: PlanInput<NoInfer<Features>, NoInfer<Plans>> };
  /** The plan of a tenant whose record names none. */
  readonly defaultPlan?: NoInfer<Plans>;
  readonly flags?: Flags;
  /** Request attributes that targeting may read, by name. */
  readonly attributes?: { readonly [name: string]: AttributeInput };
  readonly limits?: { readonly [L in Limits]: LimitInput<NoInfer<Plans>> };
  /** `METHOD /path` (or `* /path`) → what it asks for. */
  readonly routes?: {
    readonly [pattern: string]: NoInfer<
      "public" | Requirement<KeysOf<Flags, Features, Plans, Limits>>
    >;
  };
  /** What a request asks for that no route matches; default `"authenticated"`. */
  readonly unmatched?: "authenticated" | "deny" | "public";
  /**
   * The answer to a denied request; `undefined`: application/problem+json. A web `Response`, or
   * `{ status, headers?, body? }`.
   */
  readonly onDenied?: (
    decision: NoInfer<Decision<KeysOf<Flags, Features, Plans, Limits>>>,
    facts: Facts,
  ) => OnDeniedAnswer | Promise<OnDeniedAnswer>;
  /** `"all"`: bodies also name flags. */
  readonly expose?: "all";
  /** `true`: `decision.explain()` also tells what each check cost in µs. */
  readonly explain?: boolean;
  /** Where counters live; default `memoryStore()`. */
  readonly store?: Store;
  /** Epoch milliseconds; all time inside Flux comes from it. Default `Date.now`. */
  readonly now?: () => number;
  /** Where warnings at start and unheard errors go; default: the console. */
  readonly logger?: { warn(message: string): void; error(message: string): void };
}

export type OnDeniedAnswer = undefined | null | Response | Partial<DenialResponse>;

type Metered = { readonly kind: "metered" };

/** The values that a flag can have. */
type ValueOf<Flag extends FlagDefinition> = Flag["variants"][keyof Flag["variants"]];

/** The keys that a config's parts define. */
export interface KeysOf<
  Flags extends FlagsInput,
  Features extends FeaturesInput,
  Plans extends string,
  Limits extends string,
> extends Keys {
  readonly flags: {
    readonly [F in keyof Flags & string]: {
      readonly variant: keyof Flags[F]["variants"] & string;
      readonly value: ValueOf<Flags[F]>;
    };
  };
  readonly switches: {
    [F in keyof Flags]: true extends ValueOf<Flags[F]> ? F : never;
  }[keyof Flags] &
    string;
  readonly features: {
    [F in keyof Features]: [Exclude<Features[F], Metered>] extends [never] ? never : F;
  }[keyof Features] &
    string;
  readonly metered: {
    [F in keyof Features]: [Extract<Features[F], Metered>] extends [never] ? never : F;
  }[keyof Features] &
    string;
  readonly limits: Limits;
  readonly plans: Plans;
}
