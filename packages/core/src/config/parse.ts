import type { Problem } from "../errors.ts";
import { pathOf } from "../support/path.ts";
import { type ParsedRequirement, requirement } from "./requirement-schema.ts";
import { config, type ParsedConfig } from "./schema.ts";
import { Place, type Schema } from "./schema-kind.ts";

export interface Parsed<T> {
  /** `undefined` where there are problems. */
  readonly value: T | undefined;
  readonly problems: readonly Problem[];
}

export const parseConfig = (input: unknown): Parsed<ParsedConfig> => parse(config, input);

export const parseRequirement = (input: unknown): Parsed<ParsedRequirement> =>
  parse(requirement, input);

function parse<T>(schema: Schema<T>, input: unknown): Parsed<T> {
  const place = new Place();
  const value = place.read(schema, input);
  const problems = place.issues.map(({ path, message }) => ({ path: pathOf(path), message }));
  return { value: problems.length === 0 ? value : undefined, problems };
}
