import type { FeaturesInput } from "../config/config-types.ts";
import { instantForms, readInstant } from "../support/instant.ts";
import { checkGrant, type Entitlement, entitlement } from "./catalogue.ts";

/** A grant of one tenant alone, in place of its plan's. */
export interface Override {
  readonly entitlement: Entitlement;
  /** Epoch milliseconds from which it no longer holds; `Infinity`: never. */
  readonly expiresAt: number;
}

interface ReadOverrides {
  /** By feature; `undefined` where there are none. */
  readonly overrides: ReadonlyMap<string, Override> | undefined;
  /** What is wrong with the record; then nothing of it may be believed. */
  readonly malformed: string | undefined;
  /** Features that the config does not know: they grant nothing, and are worth a warning. */
  readonly unknown: readonly string[];
}

/** Reads the `overrides` of a tenant's record. */
export function readOverrides(features: FeaturesInput, given: unknown): ReadOverrides {
  if (given === undefined || given === null)
    return { overrides: undefined, malformed: undefined, unknown: [] };
  if (typeof given !== "object" || Array.isArray(given))
    return { overrides: undefined, malformed: "overrides is no object", unknown: [] };
  const overrides = new Map<string, Override>();
  const unknown: string[] = [];
  for (const [key, override] of Object.entries(given)) {
    if (!Object.hasOwn(features, key)) {
      unknown.push(key);
      continue;
    }
    const kind = (features[key] as FeaturesInput[string]).kind;
    const full = typeof override === "object" && override !== null;
    const value = full ? (override as { value?: unknown }).value : override;
    const wrong = checkGrant(kind, value);
    const expiresAt = full ? readExpiry((override as { expiresAt?: unknown }).expiresAt) : Infinity;
    if (wrong !== undefined || expiresAt === undefined) {
      const reason = wrong ?? `expiresAt is not ${instantForms}`;
      return { overrides: undefined, malformed: `overrides.${key}: ${reason}`, unknown };
    }
    overrides.set(key, {
      entitlement: entitlement(kind, value as number | string | boolean),
      expiresAt,
    });
  }
  return { overrides: overrides.size > 0 ? overrides : undefined, malformed: undefined, unknown };
}

function readExpiry(value: unknown): number | undefined {
  return value === undefined || value === null ? Number.POSITIVE_INFINITY : readInstant(value);
}
