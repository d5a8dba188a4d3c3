import type { Problem } from "../errors.ts";
import { pathOf } from "../support/path.ts";
import { type ParsedRequirement, requirement } from "./requirement-schema.ts";
import { config, type ParsedConfig } from "./schema.ts";

export interface Parsed<T> {
  /** `undefined` where there are problems. */
  readonly value: T | undefined;
  readonly problems: readonly Problem[];
}

export const parseConfig = (input: unknown): Parsed<ParsedConfig> =>
  read(config.safeParse(input), "");

/** @param at the path that problems begin with, e.g. `routes["GET /x"]`. */
export const parseRequirement = (input: unknown, at = ""): Parsed<ParsedRequirement> =>
  read(requirement.safeParse(input), at);

interface Result<T> {
  readonly success: boolean;
  readonly data?: T;
  readonly error?: { readonly issues: readonly { path: PropertyKey[]; message: string }[] };
}

function read<T>(result: Result<T>, at: string): Parsed<T> {
  if (result.success) return { value: result.data as T, problems: [] };
  const problems = (result.error?.issues ?? []).map(({ path, message }) => ({
    path: pathOf(path, at),
    message,
  }));
  return { value: undefined, problems };
}
