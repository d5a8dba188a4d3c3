import type { Problem } from "../errors.ts";
import { didYouMean } from "../support/nearest.ts";
import { pathOf } from "../support/path.ts";
import { show } from "../support/show.ts";

const fields = ["state", "variants", "defaultVariant", "targeting", "metadata"];
const states = ["ENABLED", "DISABLED"];
/** What a variant's value may be; all of one flag's are of one type. */
const variantTypes = ["boolean", "string", "number", "object"];

/**
 * Finds what is structurally wrong with a flag definition, all of it. The targeting is not looked at:
 * its mistakes are the flag's own error result and a warning of `compileFlags`.
 */
export function checkFlag(key: string, definition: unknown): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (message, ...names) => {
    problems.push({ path: pathOf(["flags", key, ...names]), message });
  };
  if (!isRecord(definition)) {
    report("expected a flag definition: { state, variants, defaultVariant?, targeting? }.");
    return problems;
  }
  // Other fields are a file's own notes; one that is nearly a field is a mistake that would be ignored.
  for (const name of Object.keys(definition)) {
    const suggestion = fields.includes(name) ? "" : didYouMean(name, fields);
    if (suggestion !== "") report(`unknown field.${suggestion}`, name);
  }
  const { state, variants, defaultVariant, metadata } = definition;
  if (!states.includes(state as string)) {
    const suggestion = typeof state === "string" ? didYouMean(state, states) : "";
    report(`expected "ENABLED" or "DISABLED", got ${show(state)}.${suggestion}`, "state");
  }
  checkVariants(variants, defaultVariant, report);
  if (metadata !== undefined) checkMetadata(metadata, report);
  return problems;
}

type Report = (message: string, ...names: string[]) => void;

function checkVariants(given: unknown, defaultVariant: unknown, report: Report): void {
  const variants = isRecord(given) ? given : {};
  const names = Object.keys(variants);
  if (names.length === 0) {
    report("expected at least one variant: an object from names to values.", "variants");
    return;
  }
  let expected: string | undefined;
  for (const [name, value] of Object.entries(variants)) {
    const type = typeof value;
    if (!variantTypes.includes(type) || (type === "object" && !isRecord(value)))
      report(`a variant is ${variantTypes.join(", ")}; got ${show(value)}.`, "variants", name);
    else if (type === "number" && !Number.isFinite(value))
      report(`a number is finite; got ${show(value)}.`, "variants", name);
    else if (type === "object" && !isPlainData(value))
      report("an object holds plain data: what JSON can write.", "variants", name);
    else if (expected !== undefined && type !== expected)
      report(`all variants are of one type: ${expected}; got a ${type}.`, "variants", name);
    else expected = type;
  }
  if (defaultVariant === undefined || defaultVariant === null) return;
  if (typeof defaultVariant !== "string")
    report(`expected a variant's name or null, got ${show(defaultVariant)}.`, "defaultVariant");
  else if (!names.includes(defaultVariant)) {
    const suggestion = didYouMean(defaultVariant, names);
    report(`there is no variant ${JSON.stringify(defaultVariant)}.${suggestion}`, "defaultVariant");
  }
}

function checkMetadata(metadata: unknown, report: Report): void {
  if (!isRecord(metadata)) {
    report("expected an object of texts, numbers and booleans.", "metadata");
    return;
  }
  for (const [name, value] of Object.entries(metadata))
    if (!["string", "number", "boolean"].includes(typeof value))
      report(`expected a text, a number or a boolean, got ${show(value)}.`, "metadata", name);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
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
