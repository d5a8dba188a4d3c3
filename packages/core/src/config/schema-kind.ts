/**
 * The one kind of zod schema that the config is read with: a function that tells, in our own words, what is
 * wrong with what it is given. zod's core runs the schemas and collects what they tell; its own kinds say things in
 * their words, and weigh 5 kB more.
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
    payload.value = def.read(payload.value, new Place(payload.issues as Issue[]));
    return payload;
  };
});

/** Of zod's issues the one kind that there is here. */
type Issue = ParsePayload["issues"][number] & {
  readonly path: PropertyKey[];
  readonly message: string;
};

/** A place in what is read, and where to tell what is wrong there or below. Each run of a schema has one of its own. */
export class Place {
  /** What was told of this place so far, and of what is below it. */
  readonly issues: Issue[];

  constructor(issues: Issue[] = []) {
    this.issues = issues;
  }

  tell(message: string, ...path: PropertyKey[]): void {
    this.issues.push({ code: "custom", input: undefined, message, path });
  }

  expected(what: string, given: unknown, ...path: PropertyKey[]): void {
    this.tell(`expected ${what}, got ${show(given)}`, ...path);
  }

  /** Has a schema read what stands here, or below. */
  read<T>(by: Schema<T>, given: unknown, ...path: PropertyKey[]): T {
    const below: ParsePayload<T> = { value: given as T, issues: [] };
    by._zod.run(below, { async: false });
    for (const issue of below.issues as Issue[]) this.tell(issue.message, ...path, ...issue.path);
    return below.value;
  }
}
