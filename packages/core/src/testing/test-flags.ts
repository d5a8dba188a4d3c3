import { FluxError } from "../errors.ts";
import type { CompiledFlag } from "../flags/compile-flag.ts";
import type { CompiledFlags } from "../flags/compile-flags.ts";
import { variantDetails } from "../flags/details.ts";
import type { EvaluationContext, FlagDetails } from "../flags/types.ts";
import { didYouMean } from "../support/nearest.ts";
import { show } from "../support/show.ts";

/** A config's flags, each of which can be given to everybody in one variant. */
export class TestFlags {
  readonly #flags = new Map<string, TestFlag>();

  /** Stands between the compiled flags and all that read them. */
  wrap(flags: CompiledFlags): CompiledFlags {
    for (const key of flags.keys)
      this.#flags.set(key, new TestFlag(flags.get(key) as CompiledFlag));
    return {
      warnings: flags.warnings,
      keys: flags.keys,
      get: (key) => this.#flags.get(key),
      evaluate: (key, context) =>
        this.#flags.get(key)?.evaluate(context) ?? flags.evaluate(key, context),
    };
  }

  /** @throws FluxError `test_invalid` where there is no such flag, or it has no such variant. */
  set(key: string, variant: unknown): void {
    const flag = this.#flags.get(key);
    if (flag === undefined)
      throw new FluxError(
        "test_invalid",
        `withFlag: there is no flag ${show(key)}.${didYouMean(String(key), this.#flags.keys())} Known: ${[...this.#flags.keys()].join(", ") || "none"}.`,
      );
    flag.set(variant);
  }

  reset(): void {
    for (const flag of this.#flags.values()) flag.set(null);
  }
}

class TestFlag implements CompiledFlag {
  readonly key: string;
  readonly variants: ReadonlyMap<string, unknown>;
  readonly #inner: CompiledFlag;
  #given: FlagDetails | undefined = undefined;

  constructor(inner: CompiledFlag) {
    this.key = inner.key;
    this.variants = inner.variants;
    this.#inner = inner;
  }

  evaluate(context: EvaluationContext): FlagDetails {
    return this.#given ?? this.#inner.evaluate(context);
  }

  /** @param variant its name, a boolean for the first variant of that value, or null: as the config says. */
  set(variant: unknown): void {
    this.#given = variant === null ? undefined : this.#detailsOf(variant);
  }

  #detailsOf(variant: unknown): FlagDetails {
    const { key, variants } = this;
    const name =
      typeof variant === "boolean"
        ? [...variants].find(([, value]) => value === variant)?.[0]
        : variant;
    if (typeof name !== "string" || !variants.has(name))
      throw new FluxError(
        "test_invalid",
        `withFlag: the flag ${key} has no variant ${show(variant)}.${didYouMean(String(variant), variants.keys())} It has ${[...variants.keys()].join(", ")}.`,
      );
    const { metadata } = this.#inner.evaluate({});
    return variantDetails({ flagKey: key, metadata }, name, variants.get(name), "STATIC");
  }
}
