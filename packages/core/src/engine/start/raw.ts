/** A config as it was given, before anything of it is known to be well formed. */
import type { Problem } from "../../errors.ts";
import { didYouMean } from "../../support/nearest.ts";
import { pathOf } from "../../support/path.ts";

export type Raw = Readonly<Record<string, unknown>>;

export const asRecord = (value: unknown): Raw =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Raw) : {};

export const field = (record: Raw, name: string): unknown =>
  Object.hasOwn(record, name) ? record[name] : undefined;

/** Tells of a mistake, and where it stands. */
export type Tell = (message: string, ...path: PropertyKey[]) => void;

/** All that a check tells of. */
export function problemsOf(check: (tell: Tell) => void): Problem[] {
  const problems: Problem[] = [];
  check((message, ...path) => problems.push({ path: pathOf(path), message }));
  return problems;
}

/**
 * Whether a name is one of those that are defined; tells of it where it is not:
 * `"por" is no plan. Did you mean "pro"? Known: free, pro.`
 */
export function isKnown(
  kind: string,
  name: string,
  defined: Raw,
  tell: Tell,
  ...path: readonly PropertyKey[]
): boolean {
  if (Object.hasOwn(defined, name)) return true;
  const known = Object.keys(defined);
  tell(
    `${JSON.stringify(name)} is no ${kind}.${didYouMean(name, known)} Known: ${known.join(", ") || "none"}.`,
    ...path,
  );
  return false;
}
