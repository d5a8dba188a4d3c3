import type { Problem } from "../errors.ts";
import { type CompiledFlag, type CompileOptions, compileFlag } from "./compile-flag.ts";
import { errorDetails, quote } from "./details.ts";
import type { EvaluationContext, FlagDefinition, FlagDetails } from "./types.ts";

export interface CompiledFlags {
  /** What of the targetings cannot be evaluated, or hardly means what it says. */
  readonly warnings: readonly Problem[];
  readonly keys: readonly string[];
  get(key: string): CompiledFlag | undefined;
  /** Never throws: an unknown key is the error `FLAG_NOT_FOUND`. */
  evaluate(key: string, context: EvaluationContext): FlagDetails;
}

/**
 * Compiles flags, once: evaluation then parses nothing and, but for errors, allocates nothing.
 * The definitions are those that `checkFlag` found nothing wrong with. A targeting never makes this
 * throw: one that cannot be evaluated is that one flag's `PARSE_ERROR`, and a warning.
 */
export function compileFlags(
  definitions: Readonly<Record<string, FlagDefinition>>,
  options: CompileOptions,
): CompiledFlags {
  const warnings: Problem[] = [];
  const flags = new Map<string, CompiledFlag>();
  for (const [key, definition] of Object.entries(definitions))
    flags.set(key, compileFlag(key, definition, options, warnings));

  return {
    warnings,
    keys: [...flags.keys()],
    get: (key) => flags.get(key),
    evaluate(key, context) {
      const flag = flags.get(key);
      if (flag !== undefined) return flag.evaluate(context);
      const identity = { flagKey: key, metadata: options.metadata };
      return errorDetails(identity, "FLAG_NOT_FOUND", `there is no flag ${quote(String(key))}.`);
    },
  };
}
