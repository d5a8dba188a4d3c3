import type { Problem } from "../errors.ts";
import { deepFreeze } from "../support/deep-freeze.ts";
import type { Compilation } from "./compile-rule.ts";
import { compileTargeting, type Outcome } from "./compile-targeting.ts";
import { absentDetails, errorDetails, type FlagIdentity } from "./details.ts";
import { flagPlace, inside } from "./place.ts";
import { Results } from "./results.ts";
import type { EvaluationContext, FlagDefinition, FlagDetails, FlagMetadata } from "./types.ts";

export interface CompiledFlag {
  readonly key: string;
  readonly variants: ReadonlyMap<string, unknown>;
  /** Never throws, whatever the context: what fails is a result with reason `ERROR`. */
  evaluate(context: EvaluationContext): FlagDetails;
}

export interface CompileOptions {
  /** Epoch milliseconds; `$flagd.timestamp` is its seconds. */
  now(): number;
  /** flagd's `$evaluators`: rules that `{ "$ref": name }` stands for. They do not refer to each other. */
  readonly evaluators?: Readonly<Record<string, unknown>> | undefined;
  /** The flag set's metadata; a flag's own overrides it. */
  readonly metadata?: FlagMetadata | undefined;
}

/** Compiles one flag that `checkFlag` found nothing wrong with; adds what it doubts to `warnings`. */
export function compileFlag(
  key: string,
  definition: FlagDefinition,
  options: CompileOptions,
  warnings: Problem[],
): CompiledFlag {
  const metadata = mergeMetadata(options.metadata, definition.metadata);
  const identity: FlagIdentity = { flagKey: key, metadata };
  const variants = new Map<string, unknown>();
  for (const [name, value] of Object.entries(definition.variants))
    variants.set(name, frozenCopy(value));
  const results = new Results(identity, variants, definition.defaultVariant ?? undefined);
  const compilation: Compilation = {
    flagKey: key,
    now: options.now,
    evaluators: options.evaluators ?? {},
    warnings,
    failure: undefined,
    nodes: 0,
  };
  const { targeting } = definition;
  const isTargeted =
    targeting !== undefined &&
    targeting !== null &&
    (typeof targeting !== "object" || Object.keys(targeting).length > 0);
  const place = inside(flagPlace(key), "targeting");
  const outcome = isTargeted ? compileTargeting(targeting, place, compilation, results) : undefined;

  if (definition.state === "DISABLED")
    return new StaticFlag(key, variants, absentDetails(identity, "DISABLED"));
  if (!isTargeted) return new StaticFlag(key, variants, results.static);
  if (outcome !== undefined) return new TargetedFlag(identity, variants, outcome);
  const failure = compilation.failure as Problem;
  const message = `${failure.path}: ${failure.message}`;
  return new StaticFlag(key, variants, errorDetails(identity, "PARSE_ERROR", message));
}

/** A flag that gives the same to everyone. */
class StaticFlag implements CompiledFlag {
  readonly key: string;
  readonly variants: ReadonlyMap<string, unknown>;
  readonly #details: FlagDetails;

  constructor(key: string, variants: ReadonlyMap<string, unknown>, details: FlagDetails) {
    this.key = key;
    this.variants = variants;
    this.#details = details;
  }

  evaluate(_context: EvaluationContext): FlagDetails {
    return this.#details;
  }
}

class TargetedFlag implements CompiledFlag {
  readonly key: string;
  readonly variants: ReadonlyMap<string, unknown>;
  readonly #outcome: Outcome;
  readonly #invalid: FlagDetails;
  readonly #failed: FlagDetails;

  constructor(identity: FlagIdentity, variants: ReadonlyMap<string, unknown>, outcome: Outcome) {
    this.key = identity.flagKey;
    this.variants = variants;
    this.#outcome = outcome;
    this.#invalid = errorDetails(identity, "INVALID_CONTEXT", "the context is not an object.");
    this.#failed = errorDetails(
      identity,
      "GENERAL",
      "the targeting could not be evaluated for this context.",
    );
  }

  evaluate(context: EvaluationContext): FlagDetails {
    if (typeof context !== "object" || context === null) return this.#invalid;
    try {
      return this.#outcome(context);
    } catch {
      // A getter that throws, a value that cannot be converted, a stack at its end: not the flag's doing.
      return this.#failed;
    }
  }
}

function mergeMetadata(
  set: FlagMetadata | undefined,
  own: FlagMetadata | undefined,
): FlagMetadata | undefined {
  const merged = { ...set, ...own };
  return Object.keys(merged).length === 0 ? undefined : Object.freeze(merged);
}

/** Variants are shared by everyone who evaluates the flag: none of them may change another's. */
function frozenCopy(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return deepFreeze(structuredClone(value));
}
