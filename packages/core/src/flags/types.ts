/**
 * Flags in flagd's definition format (v0) and OpenFeature's terms.
 * Sources: flagd.dev/reference/flag-definitions, the OpenFeature specification §1.4 and §2.2.
 */

/** What a flag is decided for. Only own properties are read; it is never copied and never written. */
export interface EvaluationContext {
  /** Whom a percentage is counted over: the principal's id. A missing or empty one gets no bucket. */
  readonly targetingKey?: string;
  readonly [attribute: string]: unknown;
}

/**
 * Why a value was given. `STATIC`: no targeting. `DEFAULT`: the targeting gave null, or there is no
 * default variant. `TARGETING_MATCH`: the targeting named the variant. `DISABLED`: the flag's state.
 */
export type Reason = "STATIC" | "DEFAULT" | "TARGETING_MATCH" | "DISABLED" | "ERROR";

export type FlagErrorCode =
  | "FLAG_NOT_FOUND"
  | "PARSE_ERROR"
  | "TYPE_MISMATCH"
  | "GENERAL"
  | "TARGETING_KEY_MISSING"
  | "INVALID_CONTEXT";

export type FlagMetadata = Readonly<Record<string, string | number | boolean>>;

/** The result of one evaluation. Frozen, and shared by all evaluations with the same outcome. */
export interface FlagDetails<V = unknown> {
  readonly flagKey: string;
  /** `undefined` where the caller's own default applies: disabled, an error, or no default variant. */
  readonly value: V | undefined;
  readonly variant?: string;
  readonly reason: Reason;
  /** Only with reason `ERROR`. */
  readonly errorCode?: FlagErrorCode;
  readonly errorMessage?: string;
  /** The flag's metadata over the set's; absent where there is none. */
  readonly metadata?: FlagMetadata;
}

/** One flag, as flagd's `flags.json` writes it. */
export interface FlagDefinition {
  readonly state: "ENABLED" | "DISABLED";
  /** At least one; all booleans, all strings, all finite numbers or all objects. */
  readonly variants: Readonly<Record<string, unknown>>;
  /** The variant given where the targeting gives none; without it, the caller's own default applies. */
  readonly defaultVariant?: string | null | undefined;
  /** A JsonLogic rule that gives a variant's name; absent, null and `{}` mean none. */
  readonly targeting?: Readonly<Record<string, unknown>> | null | undefined;
  readonly metadata?: FlagMetadata | undefined;
}
