/** The schema of what a route or a guard asks for. */
import type { Facts } from "../facts/facts.ts";
import { show } from "../support/show.ts";
import type { Names, ResponseOutcome } from "./requirement-types.ts";
import type { Output } from "./schema-kind.ts";
import { choose, fields, optional, record } from "./shapes.ts";
import { checked, checkItems, isText, isWhole, oneOf, oneOrArray, text, value } from "./values.ts";

const amount = value<number | ((facts: Facts) => number)>(
  "a whole number from 0 to 2^53 - 1 (0 peeks) or a function of the facts",
  (given) => typeof given === "function" || (isWhole(given) && given >= 0),
);

/** Names stand in headers, between quotes and separated by spaces (RFC 6750 §3). */
const isName = (item: unknown) =>
  typeof item === "string" && /^[\x21-\x7e]+$/.test(item) && !/["\\]/.test(item);
const nameForm = 'a name of visible ASCII without spaces, " and \\';

const names = checked<Names>((given, place) => {
  const what = "a name, an array of names (all of them), or { any: [names] }";
  const any =
    typeof given === "object" && given !== null && !Array.isArray(given)
      ? (given as { any?: unknown }).any
      : undefined;
  if (Array.isArray(given)) checkItems(given, what, nameForm, isName, place);
  else if (Array.isArray(any) && Object.keys(given as object).length === 1)
    checkItems(any, what, nameForm, isName, place, "any");
  else if (!isName(given)) {
    const several = typeof given === "string" ? given.split(" ").filter(isName) : [];
    const meant =
      several.length > 1 && several.length < 10 ? ` Did you mean ${JSON.stringify(several)}?` : "";
    place.tell(`expected ${what}, got ${show(given)}.${meant}`);
  }
});

const isStatus = (given: unknown) => isWhole(given) && given >= 100 && given <= 599;

const refundOn = checked<readonly number[] | ((outcome: ResponseOutcome) => boolean)>(
  (given, place) => {
    const what = "an array of statuses (100 to 599) or a function of the outcome";
    if (Array.isArray(given)) checkItems(given, what, "a status (100 to 599)", isStatus, place);
    else if (typeof given !== "function") place.expected(what, given);
  },
);

/** What a route or a guard asks for. */
export const requirement = fields(
  {
    auth: optional(oneOf("required", "optional", "none")),
    scopes: optional(names),
    roles: optional(names),
    permissions: optional(names),
    flag: optional(
      choose(
        {
          key: text("a flag's key"),
          variants: record(
            text("the variant that it must have"),
            "a flag's key, or flags with the variant of each",
          ),
        },
        (given) => (typeof given === "string" ? "key" : "variants"),
      ),
    ),
    feature: optional(oneOrArray<string>("a feature or an array of features", "a feature", isText)),
    use: optional(record(amount, "metered features with the amount of each")),
    limit: optional(oneOrArray<string>("a limit or an array of limits", "a limit", isText)),
    cost: optional(amount),
    refundOn: optional(refundOn),
  },
  "a requirement",
);

export type ParsedRequirement = Output<typeof requirement>;
