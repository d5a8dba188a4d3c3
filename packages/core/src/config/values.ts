/** The single values that the schema is made of. Each says in words what it expected. */
import { parseDuration } from "../support/duration.ts";
import { didYouMean } from "../support/nearest.ts";
import { show } from "../support/show.ts";
import { type Place, schema } from "./schema-kind.ts";

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
 * An array with at least one of something, or a value that stands alone; a wrong element is named by its place.
 * @param what both forms, in words.
 * @param one what an element is, in words.
 * @param alone tests what is no array; default: it may be what an element may be.
 */
export const oneOrArray = <T>(
  what: string,
  one: string,
  test: (item: unknown) => boolean,
  alone = test,
) =>
  checked<T>((given, place) => {
    if (Array.isArray(given)) {
      if (given.length === 0) place.expected(`${what}: at least one`, given);
      given.forEach((item, index) => {
        if (!test(item)) place.expected(one, item, index);
      });
    } else if (!alone(given)) place.expected(what, given);
  });

export const isString = (given: unknown): given is string => typeof given === "string";

export const isFunction = (given: unknown) => typeof given === "function";

export const isText = (given: unknown): given is string => isString(given) && given !== "";

// biome-ignore lint/complexity/noBannedTypes: any callable will do here; the input types say which.
export const callable = <T extends Function>(what: string) => value<T>(what, isFunction);

export const text = (what: string, test: (text: string) => boolean = isText) =>
  value<string>(what, (given) => isString(given) && test(given));

export const oneOf = <const T extends string>(...words: T[]) =>
  checked<T>((given, place) => {
    if (words.includes(given as T)) return;
    const what = words.map((word) => JSON.stringify(word)).join(" or ");
    const meant = typeof given === "string" ? didYouMean(given, words) : "";
    place.tell(`expected ${what}, got ${show(given)}.${meant}`);
  });

/** A whole number within a range, both ends included; `range` says so in words. */
export const whole = (from: number, to: number, range: string) =>
  value<number>(
    `a whole number ${range}`,
    (given) => isWhole(given) && given >= from && given <= to,
  );

export const isWhole = (given: unknown): given is number => Number.isSafeInteger(given);

/** Milliseconds of a duration within a range (both ends included, ms); `range` says so in words. */
export const duration = (from: number, to: number, range: string) =>
  schema((given, place) => {
    const parsed = parseDuration(given);
    if (parsed === undefined || parsed < from || parsed > to)
      place.expected(
        `a duration ${range}, as "250ms", "30s", "5m", "1h", "1d" or milliseconds`,
        given,
      );
    return parsed as number;
  });

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
