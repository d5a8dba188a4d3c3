import type { Problem } from "../errors.ts";
import { deepFreeze } from "../support/deep-freeze.ts";
import type { Compilation } from "./compile-rule.ts";
import { compileTargeting } from "./compile-targeting.ts";
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
  // Variants are shared by everyone who evaluates the flag: none of them may change another's.
  for (const [name, value] of Object.entries(definition.variants))
    variants.set(name, deepFreeze(structuredClone(value)));
  const { targeting, defaultVariant } = definition;
  const isTargeted =
    typeof targeting === "object"
      ? Object.keys(targeting ?? {}).length > 0
      : targeting !== undefined;
  const reason = isTargeted ? "DEFAULT" : "STATIC";
  const results = new Results(identity, variants, defaultVariant ?? undefined, reason);
  // A disabled flag's targeting too: for its warnings.
  const evaluate = isTargeted
    ? compileEvaluation(targeting, identity, results, options, warnings)
    : always(results.default);
  if (definition.state === "ENABLED") return { key, variants, evaluate };
  return { key, variants, evaluate: always(absentDetails(identity, "DISABLED")) };
}

type EvaluateFlag = CompiledFlag["evaluate"];

/** Gives the same to everyone. */
function always(details: FlagDetails): EvaluateFlag {
  return () => details;
}

function compileEvaluation(
  targeting: unknown,
  identity: FlagIdentity,
  results: Results,
  { now, evaluators = {} }: CompileOptions,
  warnings: Problem[],
): EvaluateFlag {
  const { flagKey } = identity;
  const compilation: Compilation = {
    flagKey,
    now,
    evaluators,
    warnings,
    failure: undefined,
    nodes: 0,
  };
  const place = inside(flagPlace(flagKey), "targeting");
  const outcome = compileTargeting(targeting, place, compilation, results);
  if (outcome === undefined) {
    const { path, message } = compilation.failure as Problem;
    return always(errorDetails(identity, "PARSE_ERROR", `${path}: ${message}`));
  }
  const invalid = errorDetails(identity, "INVALID_CONTEXT", "the context is not an object.");
  const failed = errorDetails(
    identity,
    "GENERAL",
    "the targeting could not be evaluated for this context.",
  );
  return (context) => {
    if (typeof context !== "object" || context === null) return invalid;
    try {
      return outcome(context);
    } catch {
      // A getter that throws, a value that cannot be converted, a stack at its end: not the flag's doing.
      return failed;
    }
  };
}

function mergeMetadata(
  set: FlagMetadata | undefined,
  own: FlagMetadata | undefined,
): FlagMetadata | undefined {
  const merged = { ...set, ...own };
  return Object.keys(merged).length === 0 ? undefined : Object.freeze(merged);
}
