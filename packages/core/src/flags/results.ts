import {
  absentDetails,
  errorDetails,
  type FlagIdentity,
  quote,
  variantDetails,
} from "./details.ts";
import type { FlagDetails } from "./types.ts";

/** Every result of one flag, made once and shared. */
export class Results {
  /** What the targeting gives null for. */
  readonly default: FlagDetails;
  /** What a flag without targeting gives. */
  readonly static: FlagDetails;
  readonly variants: ReadonlyMap<string, unknown>;
  readonly #identity: FlagIdentity;
  readonly #matches = new Map<string, FlagDetails>();

  constructor(
    identity: FlagIdentity,
    variants: ReadonlyMap<string, unknown>,
    defaultVariant: string | undefined,
  ) {
    this.#identity = identity;
    this.variants = variants;
    for (const [variant, value] of variants)
      this.#matches.set(variant, variantDetails(identity, variant, value, "TARGETING_MATCH"));
    if (defaultVariant === undefined) {
      this.default = absentDetails(identity, "DEFAULT");
      this.static = this.default;
    } else if (variants.has(defaultVariant)) {
      const value = variants.get(defaultVariant);
      this.default = variantDetails(identity, defaultVariant, value, "DEFAULT");
      this.static = variantDetails(identity, defaultVariant, value, "STATIC");
    } else {
      this.default = this.#unknown(defaultVariant);
      this.static = this.default;
    }
  }

  /** The result for what a targeting gave: a variant's name, true, false, a number or null. */
  of(value: unknown): FlagDetails {
    if (typeof value === "string") return this.#matches.get(value) ?? this.#unknown(value);
    if (value === null || value === undefined) return this.default;
    if (typeof value === "object" || typeof value === "function" || typeof value === "symbol")
      return errorDetails(
        this.#identity,
        "GENERAL",
        "the targeting gave what is no variant's name: a list or an object.",
      );
    const name = String(value);
    return this.#matches.get(name) ?? this.#unknown(name);
  }

  /** Whether a value is one that `of` has a result for. */
  has(value: unknown): boolean {
    if (value === null || value === undefined) return true;
    return typeof value !== "object" && this.#matches.has(String(value));
  }

  #unknown(variant: string): FlagDetails {
    const message = `the flag has no variant ${quote(variant)}.`;
    return errorDetails(this.#identity, "GENERAL", message);
  }
}
