/**
 * The one kind of zod schema that the config is read with: a function that tells, in our own words, what is
 * wrong with what it is given. zod's core runs the schemas. Its own kinds of schema were used before: every message
 * had to be put in place of theirs, and they weighed 5 kB more, minified and gzipped, and 7 of 50 ms of a process's
 * start.
 */
import {
  $constructor,
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
    payload.value = def.read(payload.value, payload as unknown as Place);
    return payload;
  };
});

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/**
 * A place in what is read, and where to tell what is wrong there or below. For zod it is the payload of a run: each
 * has one of its own, of which nothing was told before.
 */
export class Place {
  value: unknown;
  /** What was told of this place so far, and of what is below it. */
  readonly issues: Issue[] = [];

  constructor(value?: unknown) {
    this.value = value;
  }

  tell(message: string, ...path: PropertyKey[]): void {
    this.issues.push({ message, path });
  }

  expected(what: string, given: unknown, ...path: PropertyKey[]): void {
    this.tell(`expected ${what}, got ${show(given)}`, ...path);
  }

  /** Has a schema read what stands here, or below. */
  read<T>(by: Schema<T>, given: unknown, ...path: PropertyKey[]): T {
    const below = new Place(given);
    by._zod.run(below as unknown as ParsePayload<T>, { async: false });
    for (const issue of below.issues) this.tell(issue.message, ...path, ...issue.path);
    return below.value as T;
  }
}
