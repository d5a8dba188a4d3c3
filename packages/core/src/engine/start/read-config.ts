/** A config read: well formed, and every name in it known. Every mistake is told at once. */
import { parseConfig } from "../../config/parse.ts";
import { inOrderOf } from "../../config/problem-order.ts";
import type { ParsedConfig } from "../../config/schema.ts";
import { FluxError, type Problem } from "../../errors.ts";
import { configReferences } from "./config-references.ts";

/** @throws FluxError `config_invalid` */
export function readConfig(input: unknown): ParsedConfig {
  const { value, problems } = parseConfig(input);
  const references = configReferences(input);
  // A name that is also malformed is told once, by whoever knows it better.
  const told = new Set(problems.map(({ path }) => path));
  const all = [...problems, ...references.filter(({ path }) => !told.has(path))];
  if (value === undefined || all.length > 0)
    throw invalid("config_invalid", "The config", inOrderOf(input, all));
  return value;
}

/** One error for all mistakes, a line each. */
export function invalid(
  code: "config_invalid" | "requirement_invalid",
  what: string,
  problems: readonly Problem[],
): FluxError {
  const count = problems.length === 1 ? "a mistake" : `${problems.length} mistakes`;
  const lines = problems.map(
    ({ path, message }) => `  ${path === "" ? "" : `${path}: `}${message}`,
  );
  return new FluxError(code, `${what} has ${count}:\n${lines.join("\n")}`, { problems });
}
