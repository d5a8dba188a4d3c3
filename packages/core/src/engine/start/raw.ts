/** A config as it was given, before anything of it is known to be well formed. */
import type { Problem } from "../../errors.ts";
import { didYouMean } from "../../support/nearest.ts";
import { pathOf } from "../../support/path.ts";

export type Raw = Readonly<Record<string, unknown>>;

export const asRecord = (value: unknown): Raw =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Raw) : {};

/** A name as messages show it. */
export const quote = (text: string) => JSON.stringify(text);

/** Tells of a mistake, where there is one, and where it stands. */
export type Tell = (message: string | undefined, ...path: PropertyKey[]) => void;

/** Tells of what stands below a place, by the rest of its path. */
export const below =
  (tell: Tell, ...place: PropertyKey[]): Tell =>
  (message, ...path) =>
    tell(message, ...place, ...path);

/** All that a check tells of. */
export function problemsOf(check: (tell: Tell) => void): Problem[] {
  const problems: Problem[] = [];
  check((message, ...path) => {
    if (message !== undefined) problems.push({ path: pathOf(path), message });
  });
  return problems;
}

/**
 * Whether a name is one of those that are defined; tells of it where it is not:
 * `"por" is no plan. Did you mean "pro"? Known: free, pro.`
 * Of what is no name at all, the schema tells.
 */
export function isKnown(
  kind: string,
  name: unknown,
  defined: Raw,
  tell: Tell,
  ...path: readonly PropertyKey[]
): boolean {
  if (typeof name !== "string") return false;
  if (Object.hasOwn(defined, name)) return true;
  const known = Object.keys(defined);
  tell(
    `${quote(name)} is no ${kind}.${didYouMean(name, known)} Known: ${known.join(", ") || "none"}.`,
    ...path,
  );
  return false;
}
