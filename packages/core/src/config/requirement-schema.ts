/** The schema of what a route or a guard asks for. */
import type { Facts } from "../facts/facts.ts";
import { show } from "../support/show.ts";
import type { Names, ResponseOutcome } from "./requirement-types.ts";
import type { Output } from "./schema-kind.ts";
import { choose, fields, isObject, optional, record } from "./shapes.ts";
import {
  checked,
  isFunction,
  isString,
  isText,
  isWhole,
  oneOf,
  oneOrArray,
  text,
  value,
} from "./values.ts";

const amount = value<number | ((facts: Facts) => number)>(
  "a whole number from 0 to 2^53 - 1 (0 peeks) or a function of the facts",
  (given) => isFunction(given) || (isWhole(given) && given >= 0),
);

/** Names stand in headers, between quotes and separated by spaces (RFC 6750 §3). */
const isName = (item: unknown) => isString(item) && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(item);
const namesForm = "a name, an array of names (all of them), or { any: [names] }";
const listed = oneOrArray<readonly string[]>(
  namesForm,
  'a name of visible ASCII without spaces, " and \\',
  isName,
);

const names = checked<Names>((given, place) => {
  const any = isObject(given) && Object.keys(given).length === 1 ? given.any : undefined;
  if (Array.isArray(any)) place.read(listed, any, "any");
  else if (Array.isArray(given)) place.read(listed, given);
  else if (!isName(given)) {
    const several = isString(given) ? given.split(" ").filter(isName) : [];
    const meant =
      several.length > 1 && several.length < 10 ? ` Did you mean ${JSON.stringify(several)}?` : "";
    place.tell(`expected ${namesForm}, got ${show(given)}.${meant}`);
  }
});

const refundOn = oneOrArray<readonly number[] | ((outcome: ResponseOutcome) => boolean)>(
  "an array of statuses (100 to 599) or a function of the outcome",
  "a status (100 to 599)",
  (status) => isWhole(status) && status >= 100 && status <= 599,
  isFunction,
);

const flagOn = text("a flag's key");
const flagVariants = record(
  text("the variant that it must have"),
  "a flag's key, or flags with the variant of each",
);

type OneOrSeveral = string | readonly string[];

/** What a route or a guard asks for. */
export const requirement = fields(
  {
    auth: optional(oneOf("required", "optional", "none")),
    scopes: optional(names),
    roles: optional(names),
    permissions: optional(names),
    flag: optional(choose((given) => (isString(given) ? flagOn : flagVariants))),
    feature: optional(
      oneOrArray<OneOrSeveral>("a feature or an array of features", "a feature", isText),
    ),
    use: optional(record(amount, "metered features with the amount of each")),
    limit: optional(oneOrArray<OneOrSeveral>("a limit or an array of limits", "a limit", isText)),
    cost: optional(amount),
    refundOn: optional(refundOn),
  },
  "a requirement",
);

export type ParsedRequirement = Output<typeof requirement>;
