import type { AttributeInput } from "../../config/config-types.ts";
import type { Principal } from "../../decision/principal.ts";
import { type Facts, header } from "../../facts/facts.ts";
import type { CompiledFlag } from "../../flags/compile-flag.ts";
import type { EvaluationContext, FlagDetails } from "../../flags/types.ts";
import { readClaim } from "../../support/claims.ts";
import { isLateAnswer } from "../../support/silence.ts";
import type { Walk } from "../walk/walk.ts";

/** Names that a config's attribute may not take. */
export const reservedAttributes = [
  "targetingKey",
  "principal",
  "tenant",
  "plan",
  "$flagd",
] as const;

type ReadAttribute = (facts: Facts, principal: Principal | undefined) => unknown;
export type CompiledAttributes = readonly (readonly [name: string, read: ReadAttribute])[];

/** Whether flags may see what another request of the same caller says otherwise. */
export function seeRequest(attributes: Readonly<Record<string, AttributeInput>>): boolean {
  return Object.values(attributes).some(
    (input) =>
      typeof input === "function" || !("claim" in input) || typeof input.claim === "function",
  );
}

export function compileAttributes(
  attributes: Readonly<Record<string, AttributeInput>>,
): CompiledAttributes {
  return Object.entries(attributes).map(
    ([name, input]) => [name, compileAttribute(input)] as const,
  );
}

function compileAttribute(input: AttributeInput): ReadAttribute {
  if (typeof input === "function") return input;
  if ("claim" in input)
    return (_facts, principal) =>
      principal === undefined ? undefined : readClaim(principal.claims, input.claim);
  return (facts) => header(facts, input.header);
}

/** A flag for this caller. The context is made for the first flag that is read and serves all others. */
export function evaluateFlag(flag: CompiledFlag, walk: Walk): FlagDetails {
  // Targeting may read the clock; all flags of one request are read at the request's time.
  const { flagReads, flagsSeeRequest } = walk.engine;
  flagReads.now = walk.flagsAt;
  // The record of an API key is the app's own, and what it holds may change within.
  if (flagsSeeRequest || walk.principal?.type === "apiKey") flagReads.changing++;
  return flag.evaluate(contextOf(walk));
}

function contextOf(walk: Walk): EvaluationContext {
  if (walk.flagContext !== undefined) return walk.flagContext;
  const { principal, account } = walk;
  const context = {
    targetingKey: principal?.id,
    principal,
    tenant: account?.isTenant === true ? account.id : undefined,
    plan: account?.plan?.name,
  };
  const { attributes } = walk.engine;
  for (let i = 0; i < attributes.length; i++) {
    const [name, read] = attributes[i] as CompiledAttributes[number];
    try {
      const value = read(walk.facts, principal);
      if (isLateAnswer(value)) throw new TypeError("it gave a promise; flags are read at once");
      (context as Record<string, unknown>)[name] = value;
    } catch (error) {
      walk.engine.report("attributes", `The attribute ${name} could not be read`, error);
    }
  }
  walk.flagContext = context;
  return context;
}
