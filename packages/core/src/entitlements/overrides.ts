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
  const unknown: string[] = [];
  const refuse = (malformed: string) => ({ overrides: undefined, malformed, unknown });
  const record = given ?? {};
  if (typeof record !== "object" || Array.isArray(record)) return refuse("overrides is no object");
  const overrides = new Map<string, Override>();
  for (const [key, override] of Object.entries(record) as [string, unknown][]) {
    if (!Object.hasOwn(features, key)) {
      unknown.push(key);
      continue;
    }
    const { kind } = features[key] as FeaturesInput[string];
    const { value, expiresAt: end }: { value?: unknown; expiresAt?: unknown } =
      typeof override === "object" && override !== null ? override : { value: override };
    const wrong = checkGrant(kind, value);
    const expiresAt = end === undefined || end === null ? Infinity : readInstant(end);
    if (wrong !== undefined || expiresAt === undefined)
      return refuse(`overrides.${key}: ${wrong ?? `expiresAt is not ${instantForms}`}`);
    overrides.set(key, {
      entitlement: entitlement(kind, value as number | string | boolean),
      expiresAt,
    });
  }
  return { overrides: overrides.size > 0 ? overrides : undefined, malformed: undefined, unknown };
}
