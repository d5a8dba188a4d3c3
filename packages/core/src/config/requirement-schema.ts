/** The schema of what a route or a guard asks for. */
import * as z from "zod/mini";
import type { Facts } from "../facts/facts.ts";
import { show } from "../support/show.ts";
import type { Names, ResponseOutcome } from "./requirement-types.ts";
import { checked, checkItems, choose, fields, isText, oneOf, oneOrArray, text } from "./shapes.ts";

const amount = z.custom<number | ((facts: Facts) => number)>(
  (given) => typeof given === "function" || (Number.isSafeInteger(given) && (given as number) >= 0),
  {
    error: (issue: { input?: unknown }) =>
      `expected a whole number from 0 to 2^53 - 1 (0 peeks) or a function of the facts, got ${show(issue.input)}`,
  },
);

/** Names stand in headers, between quotes and separated by spaces (RFC 6750 §3). */
const isName = (item: unknown) =>
  typeof item === "string" && /^[\x21-\x7e]+$/.test(item) && !/["\\]/.test(item);
const nameForm = 'a name of visible ASCII without spaces, " and \\';

const names = checked<Names>((given, context) => {
  const what = "a name, an array of names (all of them), or { any: [names] }";
  const any =
    typeof given === "object" && given !== null && !Array.isArray(given)
      ? (given as { any?: unknown }).any
      : undefined;
  if (Array.isArray(given)) checkItems(given, what, nameForm, isName, context);
  else if (Array.isArray(any) && Object.keys(given as object).length === 1)
    checkItems(any, what, nameForm, isName, context, ["any"]);
  else if (!isName(given)) {
    const several = typeof given === "string" ? given.split(" ").filter(isName) : [];
    const meant =
      several.length > 1 && several.length < 10 ? ` Did you mean ${JSON.stringify(several)}?` : "";
    context.addIssue(`expected ${what}, got ${show(given)}.${meant}`);
  }
});

const isStatus = (given: unknown) =>
  Number.isInteger(given) && (given as number) >= 100 && (given as number) <= 599;

const refundOn = checked<readonly number[] | ((outcome: ResponseOutcome) => boolean)>(
  (given, context) => {
    const what = "an array of statuses (100 to 599) or a function of the outcome";
    if (Array.isArray(given)) checkItems(given, what, "a status (100 to 599)", isStatus, context);
    else if (typeof given !== "function") context.addIssue(`expected ${what}, got ${show(given)}`);
  },
);

/** What a route or a guard asks for. */
export const requirement = fields(
  {
    auth: z.optional(oneOf("required", "optional", "none")),
    scopes: z.optional(names),
    roles: z.optional(names),
    permissions: z.optional(names),
    flag: z.optional(
      choose(
        {
          key: () => text("a flag's key"),
          variants: () =>
            z.record(z.string(), text("the variant that it must have"), {
              error: "expected a flag's key, or flags with the variant of each",
            }),
        },
        (given) => (typeof given === "string" ? "key" : "variants"),
      ),
    ),
    feature: z.optional(
      oneOrArray<string>("a feature or an array of features", "a feature", isText),
    ),
    use: z.optional(
      z.record(z.string(), amount, { error: "expected metered features with the amount of each" }),
    ),
    limit: z.optional(oneOrArray<string>("a limit or an array of limits", "a limit", isText)),
    cost: z.optional(amount),
    refundOn: z.optional(refundOn),
  },
  "a requirement",
);

export type ParsedRequirement = z.output<typeof requirement>;
