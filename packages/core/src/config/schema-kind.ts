/**
 * The one kind of zod schema that the config is read with: a function that tells, in our own words, what is
 * wrong with what it is given. zod's core runs the schemas and collects what they tell. Its own kinds of schema
 * were used before: every message had to be put in place of theirs, and they weighed 5 kB more, minified and
 * gzipped, and 7 of 50 ms of a process's start.
 */
import {
  $constructor,
  type $ZodRawIssue,
  $ZodType,
  type $ZodTypeDef,
  type output,
  type ParsePayload,
} from "zod/v4/core";
import { show } from "../support/show.ts";

export type Schema<T> = $ZodType<T>;
export type Output<S> = output<S>;

/** Makes a schema of a function. What that gives on counts only where it has told of nothing. */
export const schema = <T>(read: (given: unknown, place: Place) => T): Schema<T> =>
  new ReadingSchema({ type: "custom", read }) as Schema<T>;

const ReadingSchema = /* @__PURE__ */ $constructor<
  $ZodType,
  $ZodTypeDef & { readonly read: (given: unknown, place: Place) => unknown }
>("ReadingSchema", (made, def) => {
  $ZodType.init(made, def);
  made._zod.parse = (payload) => {
    payload.value = def.read(payload.value, new Place(payload.issues));
    return payload;
  };
});

interface Issue {
  readonly path: PropertyKey[];
  readonly message: string;
}

/** A place in what is read, and where to tell what is wrong there or below. */
export class Place {
  readonly #issues: $ZodRawIssue[];

  constructor(issues: $ZodRawIssue[] = []) {
    this.#issues = issues;
  }

  /** What was told of this place so far, and of what is below it. */
  get issues(): readonly Issue[] {
    return this.#issues as readonly Issue[];
  }

  tell(message: string, ...path: PropertyKey[]): void {
    this.#issues.push({ code: "custom", input: undefined, message, path });
  }

  expected(what: string, given: unknown, ...path: PropertyKey[]): void {
    this.tell(`expected ${what}, got ${show(given)}`, ...path);
  }

  /** Has a schema read what stands here, or below. */
  read<T>(by: Schema<T>, given: unknown, ...path: PropertyKey[]): T {
    const below = new Place();
    const payload = { value: given, issues: below.#issues };
    by._zod.run(payload as ParsePayload<T>, { async: false });
    for (const issue of below.issues) this.tell(issue.message, ...path, ...issue.path);
    return payload.value as T;
  }
}
