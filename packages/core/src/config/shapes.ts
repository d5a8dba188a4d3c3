/** The shapes that the schema is made of: what holds other values, or reads them in its own way. */
import { didYouMean } from "../support/nearest.ts";
import { type Output, type Place, type Schema, schema } from "./schema-kind.ts";

/** What a schema reads, or nothing. */
export const optional = <T>(item: Schema<T>) =>
  schema((given, place) => (given === undefined ? undefined : place.read(item, given)));

/** What a schema reads; where nothing is given, it reads the default. */
export const withDefault = <T>(item: Schema<T>, byDefault: unknown) =>
  schema((given, place) => place.read(item, given === undefined ? byDefault : given));

/** What a schema gives on, made into something else where nothing is wrong with it. */
export const mapped = <T, R>(item: Schema<T>, map: (read: T, place: Place) => R) =>
  schema((given, place) => {
    const read = place.read(item, given);
    return place.issues.length === 0 ? map(read, place) : (undefined as R);
  });

/** What a schema gives on, looked at once more where nothing is wrong with it. */
export const also = <T>(item: Schema<T>, check: (read: T, place: Place) => void) =>
  mapped(item, (read, place) => {
    check(read, place);
    return read;
  });

/** One of several forms, picked by looking at the value, so that its own mistakes are the ones told. */
export const choose = <S extends Schema<unknown>>(pick: (given: unknown) => S) =>
  schema((given, place) => place.read(pick(given) as Schema<Output<S>>, given));

export const arrayOf = <T>(item: Schema<T>, what: string) =>
  schema((given, place): T[] => {
    if (Array.isArray(given))
      return Array.from(given, (each, index) => place.read(item, each, index));
    place.expected(what, given);
    return [];
  });

/** One or several of something, always given on as an array. */
export const oneOrMore = <T>(item: Schema<T>, what: string) =>
  schema((given, place): T[] => {
    if (!Array.isArray(given)) return [place.read(item, given)];
    if (given.length === 0) place.tell(`expected at least one ${what}`);
    return Array.from(given, (each, index) => place.read(item, each, index));
  });

type Shape = Readonly<Record<string, Schema<unknown>>>;
type OptionalKey<S extends Shape> = {
  [K in keyof S]: undefined extends Output<S[K]> ? K : never;
}[keyof S];
type Fields<S extends Shape> = {
  [K in Exclude<keyof S, OptionalKey<S>>]: Output<S[K]>;
} & { [K in OptionalKey<S>]?: Output<S[K]> };

/**
 * An object with exactly these fields; another field is named together with the nearest one.
 * @param check tells what is wrong with fields that are sound one by one.
 */
export const fields = <S extends Shape>(
  shape: S,
  what: string,
  check?: (read: Fields<S>, place: Place) => void,
) =>
  schema((given, place): Fields<S> => {
    const read: Record<string, unknown> = {};
    if (!isObject(given)) {
      const meant = /^(a|an|the) /.test(what) ? what : `an object with the fields of ${what}`;
      place.expected(meant, given);
      return read as Fields<S>;
    }
    const known = Object.keys(shape);
    for (const key of known) {
      const value = place.read(shape[key] as Schema<unknown>, given[key], key);
      if (value !== undefined) read[key] = value;
    }
    if (place.issues.length === 0) check?.(read as Fields<S>, place);
    const unknown: string[] = [];
    for (const key in given)
      if (!Object.hasOwn(shape, key))
        unknown.push(`${JSON.stringify(key)} is no field of ${what}.${didYouMean(key, known)}`);
    if (unknown.length > 0) place.tell(`${unknown.join(" ")} Known: ${known.join(", ")}.`);
    return read as Fields<S>;
  });

export const isObject = (given: unknown): given is Record<string, unknown> =>
  typeof given === "object" && given !== null && !Array.isArray(given);

/** Whether it is an object that has a field of its own by this name. */
export const hasField = (given: unknown, name: string) =>
  isObject(given) && Object.hasOwn(given, name);

/** Neither an array nor an instance of a class. */
const isPlainObject = (given: unknown): given is Record<string, unknown> => {
  if (!isObject(given)) return false;
  const prototype = Object.getPrototypeOf(given);
  // The prototype of all objects, of whatever realm: a config may come out of a sandbox.
  return prototype === null || Object.hasOwn(prototype, "isPrototypeOf");
};

/**
 * A record of what stands under each name.
 * @param form of the names; default: any.
 */
export const record = <T>(item: Schema<T>, what: string, form = /^/) =>
  schema((given, place) => {
    const read: Record<string, T> = {};
    if (!isPlainObject(given)) {
      place.expected(what, given);
      return read;
    }
    if (Object.getOwnPropertySymbols(given).length > 0) place.tell("a symbol cannot be a name");
    for (const [key, value] of Object.entries(given)) {
      if (key === "__proto__") place.tell('"__proto__" cannot be a name');
      else if (form.test(key)) read[key] = place.read(item, value, key);
      else place.tell("a name is 1 to 128 visible ASCII characters without spaces", key);
    }
    return read;
  });

/**
 * A record of what stands under each name that can be one of ours: the names of flags, features, plans and limits
 * stand in headers and bodies.
 */
export const named = <T>(item: Schema<T>, what: string) =>
  record(item, `${what} by name`, /^[\x21-\x7e]{1,128}$/);
