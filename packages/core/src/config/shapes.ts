/**
 * The few shapes that the schema is made of. Each says what it expected in words, and what was meant
 * where a name is close to one that exists.
 */
import * as z from "zod/mini";
import { type Duration, parseDuration } from "../support/duration.ts";
import { didYouMean } from "../support/nearest.ts";
import { show } from "../support/show.ts";

/** What is told of a value that is none of what is expected. */
export const expected = (what: string) => ({
  error: (issue: { input?: unknown }) => `expected ${what}, got ${show(issue.input)}`,
});

/** A value of type `T` that passes a test, kept as it is. */
export function value<T>(what: string, test: (value: unknown) => boolean) {
  return z.custom<T>(test, expected(what));
}

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
  checked<T | readonly T[]>((given, context) => {
    if (Array.isArray(given)) checkItems(given, what, one, test, context);
    else if (!test(given)) context.addIssue(`expected ${what}, got ${show(given)}`);
  });

/** Where a check tells what is wrong. */
export interface Issues {
  addIssue(issue: string | { code: "custom"; path: PropertyKey[]; message: string }): void;
}

/** A value of type `T`, kept as it is, of which a check tells what is wrong. */
export function checked<T>(check: (given: unknown, context: Issues) => void) {
  return z.custom<T>().check(z.superRefine(check));
}

/** What a schema gives on, and another one after it. */
export function mapped<T extends z.core.SomeType, R>(schema: T, map: (given: z.output<T>) => R) {
  return z.pipe(schema, z.transform(map));
}

/** Tells of each element of an array that is none of what it should hold, and of an array that holds nothing. */
export function checkItems(
  items: readonly unknown[],
  what: string,
  one: string,
  test: (item: unknown) => boolean,
  context: Issues,
  at: readonly PropertyKey[] = [],
): void {
  if (items.length === 0)
    context.addIssue({
      code: "custom",
      path: [...at],
      message: `expected ${what}: at least one, got an empty array`,
    });
  items.forEach((item, index) => {
    if (!test(item))
      context.addIssue({
        code: "custom",
        path: [...at, index],
        message: `expected ${one}, got ${show(item)}`,
      });
  });
}

export const isText = (given: unknown): boolean => typeof given === "string" && given !== "";

// biome-ignore lint/complexity/noBannedTypes: any callable will do here; the input types say which.
export const callable = <T extends Function>(what: string) =>
  value<T>(what, (given) => typeof given === "function");

export const text = (what: string, test: (text: string) => boolean = (given) => given !== "") =>
  value<string>(what, (given) => typeof given === "string" && test(given));

export const oneOf = <const T extends string>(...words: T[]) =>
  z.custom<T>((given) => words.includes(given as T), {
    error: (issue: { input?: unknown }) =>
      `expected ${words.map((word) => JSON.stringify(word)).join(" or ")}, got ${show(issue.input)}.${
        typeof issue.input === "string" ? didYouMean(issue.input, words) : ""
      }`,
  });

/** An object with exactly these fields; another field is named together with the nearest one. */
export function fields<S extends z.core.$ZodShape>(shape: S, what: string) {
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== "unrecognized_keys") {
        const meant = /^(a|an|the) /.test(what) ? what : `an object with the fields of ${what}`;
        return `expected ${meant}, got ${show(issue.input)}`;
      }
      const unknown = (issue.keys as string[]).map(
        (key) =>
          `${JSON.stringify(key)} is no field of ${what}.${didYouMean(key, Object.keys(shape))}`,
      );
      return `${unknown.join(" ")} Known: ${Object.keys(shape).join(", ")}.`;
    },
  });
}

/** The names of flags, features, plans and limits stand in headers and bodies: visible ASCII, 1 to 128. */
const name = /^[\x21-\x7e]{1,128}$/;

/** A record from names to values. */
export function named<T extends z.ZodMiniType>(item: T, what: string) {
  return z.pipe(
    z.custom<object>(
      (given) =>
        typeof given === "object" &&
        given !== null &&
        !Array.isArray(given) &&
        !Object.hasOwn(given, "__proto__"),
      {
        error: (issue: { input?: unknown }) =>
          typeof issue.input === "object" && issue.input !== null && !Array.isArray(issue.input)
            ? '"__proto__" cannot be a name'
            : `expected ${what} by name, got ${show(issue.input)}`,
      },
    ),
    z.record(z.string().check(z.regex(name)), item, {
      error: "a name is 1 to 128 visible ASCII characters without spaces",
    }),
  );
}

/** Milliseconds of a duration within a range (both ends included, ms). */
export function duration(range: { min: number; max: number; say: string }) {
  return mapped(
    z.custom<Duration>(
      (given) => {
        const parsed = parseDuration(given);
        return parsed !== undefined && parsed >= range.min && parsed <= range.max;
      },
      expected(`a duration ${range.say}, as "250ms", "30s", "5m", "1h", "1d" or milliseconds`),
    ),
    (given) => parseDuration(given) as number,
  );
}

type Forms = Readonly<Record<string, () => z.ZodMiniType>>;

/**
 * One of several forms, chosen by looking at the value, so that its own mistakes are the ones told.
 * @param forms each made when the first value asks for it: making a schema takes longer than asking it.
 */
export function choose<F extends Forms>(forms: F, pick: (given: unknown) => keyof F) {
  const made = new Map<keyof F, z.ZodMiniType>();
  return z.pipe(
    z.unknown(),
    z.transform((given, context): z.output<ReturnType<F[keyof F]>> => {
      const name = pick(given);
      const form = made.get(name) ?? (forms[name] as () => z.ZodMiniType)();
      made.set(name, form);
      const result = form.safeParse(given);
      if (result.success) return result.data as z.output<ReturnType<F[keyof F]>>;
      for (const { path, message } of result.error.issues)
        context.issues.push({ code: "custom", input: given, path: [...path], message });
      return z.NEVER;
    }),
  );
}

/** An object with these methods. */
export const objectWith = <T extends object>(what: string, ...methods: (keyof T & string)[]) =>
  checked<T>((given, context) => {
    if (typeof given !== "object" || given === null) {
      context.addIssue(`expected ${what}, got ${show(given)}`);
      return;
    }
    const missing = methods.filter((name) => typeof (given as T)[name] !== "function");
    if (missing.length > 0)
      context.addIssue(`expected ${what}, got an object without ${missing.join(" and ")}`);
  });

/** One or several of something, always given on as an array. */
export const oneOrMore = <T extends z.ZodMiniType>(item: T, what: string) =>
  choose(
    {
      several: () => z.array(item).check(z.minLength(1, `expected at least one ${what}`)),
      one: () => mapped(item, (single) => [single]),
    },
    (given) => (Array.isArray(given) ? "several" : "one"),
  );
