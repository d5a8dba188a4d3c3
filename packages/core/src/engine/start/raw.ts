/** A config as it was given, before anything of it is known to be well formed. */
import { didYouMean } from "../../support/nearest.ts";

export type Raw = Readonly<Record<string, unknown>>;

export const asRecord = (value: unknown): Raw =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Raw) : {};

export const field = (record: Raw, name: string): unknown =>
  Object.hasOwn(record, name) ? record[name] : undefined;

/** `is no plan. Did you mean "pro"? Known: free, pro.` */
export function unknownName(kind: string, name: unknown, known: Iterable<string>): string {
  const names = [...known];
  return `${JSON.stringify(name)} is no ${kind}.${didYouMean(String(name), names)} Known: ${names.join(", ") || "none"}.`;
}
