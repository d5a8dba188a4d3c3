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
  /** What is given where the targeting gives null, and where there is none. */
  readonly default: FlagDetails;
  readonly variants: ReadonlyMap<string, unknown>;
  readonly #identity: FlagIdentity;
  readonly #matches = new Map<string, FlagDetails>();

  /** @param reason why the default variant is given, where there is one. */
  constructor(
    identity: FlagIdentity,
    variants: ReadonlyMap<string, unknown>,
    defaultVariant: string | undefined,
    reason: "DEFAULT" | "STATIC",
  ) {
    this.#identity = identity;
    this.variants = variants;
    for (const [variant, value] of variants)
      this.#matches.set(variant, variantDetails(identity, variant, value, "TARGETING_MATCH"));
    this.default =
      defaultVariant === undefined
        ? absentDetails(identity, "DEFAULT")
        : variantDetails(identity, defaultVariant, variants.get(defaultVariant), reason);
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
