import type { Problem } from "../errors.ts";
import { didYouMean, nearest } from "../support/nearest.ts";
import { show } from "../support/show.ts";
import { flagPlace, inside, pathOf } from "./place.ts";

const fields = ["state", "variants", "defaultVariant", "targeting", "metadata"] as const;
const states = ["ENABLED", "DISABLED"] as const;
/** What a variant's value may be; all of one flag's are of one type. */
const variantTypes = ["boolean", "string", "number", "object"] as const;

/**
 * Finds what is structurally wrong with a flag definition, all of it. The targeting is not looked at:
 * its mistakes are the flag's own error result and a warning of `compileFlags`.
 */
export function checkFlag(key: string, definition: unknown): Problem[] {
  const problems: Problem[] = [];
  const flag = flagPlace(key);
  const report = (message: string, ...names: string[]) => {
    const place = names.reduce((parent, name) => inside(parent, name), flag);
    problems.push({ path: pathOf(place), message });
  };
  if (!isRecord(definition)) {
    report("expected a flag definition: { state, variants, defaultVariant?, targeting? }.");
    return problems;
  }
  // Other fields are a file's own notes; one that is nearly a field is a mistake that would be ignored.
  for (const name of Object.keys(definition)) {
    const meant = isOneOf(fields, name) ? undefined : nearest(name, fields);
    if (meant !== undefined) report(`unknown field. Did you mean ${JSON.stringify(meant)}?`, name);
  }
  const { state, variants, defaultVariant, metadata } = definition;
  if (!isOneOf(states, state)) {
    const suggestion = typeof state === "string" ? didYouMean(state, states) : "";
    report(`expected "ENABLED" or "DISABLED", got ${show(state)}.${suggestion}`, "state");
  }
  checkVariants(variants, report);
  const names = isRecord(variants) ? Object.keys(variants) : [];
  if (defaultVariant !== undefined && defaultVariant !== null && names.length > 0)
    checkDefault(defaultVariant, names, report);
  if (metadata !== undefined) checkMetadata(metadata, report);
  return problems;
}

type Report = (message: string, ...names: string[]) => void;

function checkVariants(variants: unknown, report: Report): void {
  if (!isRecord(variants) || Object.keys(variants).length === 0) {
    report("expected at least one variant: an object from names to values.", "variants");
    return;
  }
  let expected: string | undefined;
  for (const [name, value] of Object.entries(variants)) {
    const type = typeof value;
    if (!isOneOf(variantTypes, type) || (type === "object" && !isRecord(value)))
      report(`a variant is ${variantTypes.join(", ")}; got ${show(value)}.`, "variants", name);
    else if (type === "number" && !Number.isFinite(value))
      report(`a number is finite; got ${show(value)}.`, "variants", name);
    else if (type === "object" && !isPlainData(value))
      report("an object holds plain data: what JSON can write.", "variants", name);
    else if (expected !== undefined && type !== expected)
      report(`all variants are of one type: ${expected}; got a ${type}.`, "variants", name);
    else expected = type;
  }
}

function checkDefault(name: unknown, variants: readonly string[], report: Report): void {
  if (typeof name !== "string")
    report(`expected a variant's name or null, got ${show(name)}.`, "defaultVariant");
  else if (!variants.includes(name)) {
    const suggestion = didYouMean(name, variants);
    report(`there is no variant ${JSON.stringify(name)}.${suggestion}`, "defaultVariant");
  }
}

function checkMetadata(metadata: unknown, report: Report): void {
  if (!isRecord(metadata)) {
    report("expected an object of texts, numbers and booleans.", "metadata");
    return;
  }
  for (const [name, value] of Object.entries(metadata))
    if (!isOneOf(["string", "number", "boolean"], typeof value))
      report(`expected a text, a number or a boolean, got ${show(value)}.`, "metadata", name);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isOneOf(names: readonly string[], value: unknown): boolean {
  return typeof value === "string" && names.includes(value);
}

/** Whether a value can be copied and frozen: no function, no cycle. */
function isPlainData(value: unknown): boolean {
  try {
    JSON.stringify(value);
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
