/** The single values that the schema is made of. Each says in words what it expected. */
import { type Duration, parseDuration } from "../support/duration.ts";
import { didYouMean } from "../support/nearest.ts";
import { show } from "../support/show.ts";
import { type Place, schema } from "./schema-kind.ts";
import { mapped } from "./shapes.ts";

/** Of which somebody else tells what is wrong. */
export const anything = <T>() => schema((given) => given as T);

/** A value of type `T`, kept as it is, of which a check tells what is wrong. */
export const checked = <T>(check: (given: unknown, place: Place) => void) =>
  schema((given, place) => {
    check(given, place);
    return given as T;
  });

/** A value of type `T` that passes a test, kept as it is. */
export const value = <T>(what: string, test: (given: unknown) => boolean) =>
  checked<T>((given, place) => {
    if (!test(given)) place.expected(what, given);
  });

/**
 * One of something, or an array with at least one of it; a wrong element is named by its place.
 * @param what both forms, in words.
 * @param one what an element is, in words.
 */
export const oneOrArray = <T extends string | number>(
  what: string,
  one: string,
  test: (item: unknown) => boolean,
) =>
  checked<T | readonly T[]>((given, place) => {
    if (Array.isArray(given)) checkItems(given, what, one, test, place);
    else if (!test(given)) place.expected(what, given);
  });

/** Tells of each element of an array that is none of what it should hold, and of an array that holds nothing. */
export function checkItems(
  items: readonly unknown[],
  what: string,
  one: string,
  test: (item: unknown) => boolean,
  place: Place,
  ...at: readonly PropertyKey[]
): void {
  if (items.length === 0) place.expected(`${what}: at least one`, items, ...at);
  items.forEach((item, index) => {
    if (!test(item)) place.expected(one, item, ...at, index);
  });
}

export const isText = (given: unknown): given is string =>
  typeof given === "string" && given !== "";

// biome-ignore lint/complexity/noBannedTypes: any callable will do here; the input types say which.
export const callable = <T extends Function>(what: string) =>
  value<T>(what, (given) => typeof given === "function");

export const text = (what: string, test: (text: string) => boolean = isText) =>
  value<string>(what, (given) => typeof given === "string" && test(given));

export const oneOf = <const T extends string>(...words: T[]) =>
  checked<T>((given, place) => {
    if (words.includes(given as T)) return;
    const what = words.map((word) => JSON.stringify(word)).join(" or ");
    const meant = typeof given === "string" ? didYouMean(given, words) : "";
    place.tell(`expected ${what}, got ${show(given)}.${meant}`);
  });

/** A whole number within a range, both ends included. */
export const whole = (from: number, to: number, what: string) =>
  value<number>(what, (given) => isWhole(given) && given >= from && given <= to);

export const isWhole = (given: unknown): given is number => Number.isSafeInteger(given);

/** Milliseconds of a duration within a range (both ends included, ms). */
export const duration = (range: { min: number; max: number; say: string }) =>
  mapped(
    value<Duration>(
      `a duration ${range.say}, as "250ms", "30s", "5m", "1h", "1d" or milliseconds`,
      (given) => {
        const parsed = parseDuration(given);
        return parsed !== undefined && parsed >= range.min && parsed <= range.max;
      },
    ),
    (given) => parseDuration(given) as number,
  );

/** An object with these methods. */
export const objectWith = <T extends object>(what: string, ...methods: (keyof T & string)[]) =>
  checked<T>((given, place) => {
    if (typeof given !== "object" || given === null) {
      place.expected(what, given);
      return;
    }
    const missing = methods.filter((name) => typeof (given as T)[name] !== "function");
    if (missing.length > 0)
      place.tell(`expected ${what}, got an object without ${missing.join(" and ")}`);
  });
