import type { Facts } from "../facts/facts.ts";

/** The names that a config defines; a guard, a route and a decision are typed by them. */
export interface Keys {
  /** Each flag with the union of its variants and that of their values. */
  readonly flags: Readonly<Record<string, { readonly variant: string; readonly value: unknown }>>;
  /** The flags that can be `true`. */
  readonly switches: string;
  /** Boolean and static features. */
  readonly features: string;
  /** Metered features. */
  readonly metered: string;
  readonly limits: string;
  readonly plans: string;
}

/** An object by names. Where there are no names there is none: TypeScript would let `{}` take anything. */
export type ByName<Name extends PropertyKey, T> = [Name] extends [never] ? never : T;

/** All of the names, or at least one of `any`. A string is one name. */
export type Names = string | readonly string[] | { readonly any: readonly string[] };

/** How a response ended. */
export interface ResponseOutcome {
  /** The status that was sent; 499 where the client left before any was. */
  readonly status: number;
  /** Whether the connection ended before the response did. */
  readonly aborted: boolean;
}

/** What a route or a guard asks for. Every field is optional; all that are given must hold. */
export interface Requirement<K extends Keys = Keys> {
  /**
   * `required` (default): a principal. `optional`: anonymous callers pass as far as nothing else asked
   * needs a principal; a credential that is present must still be valid. `none`: nobody is identified.
   */
  readonly auth?: "required" | "optional" | "none";
  /** OAuth scopes; missing: `insufficient_scope`. */
  readonly scopes?: Names;
  /** Roles; missing: `forbidden`. */
  readonly roles?: Names;
  /** Permissions; missing: `forbidden`. */
  readonly permissions?: Names;
  /** A flag whose value is `true` for this caller, or flags with the variant that each must have; else `flag_off`. */
  readonly flag?:
    | K["switches"]
    // Where types meet in an intersection, a string alone would pass for an object of optional fields.
    | ByName<
        keyof K["flags"],
        object & { readonly [F in keyof K["flags"]]?: K["flags"][F]["variant"] }
      >;
  /** Boolean or static features that the tenant's plan includes; else `feature_unavailable`. */
  readonly feature?: K["features"] | readonly K["features"][];
  /** Metered features and how much of each is charged (non-negative safe integers; 0 peeks). */
  readonly use?: ByName<
    K["metered"],
    { readonly [M in K["metered"]]?: number | ((facts: Facts) => number) }
  >;
  /** Limits that are charged, each by `cost`. */
  readonly limit?: K["limits"] | readonly K["limits"][];
  /** What each limit is charged; default 1, 0 peeks. A non-negative safe integer. */
  readonly cost?: number | ((facts: Facts) => number);
  /** Gives back all charges when the response ends with one of these statuses, or when the function says so. */
  readonly refundOn?: readonly number[] | ((outcome: ResponseOutcome) => boolean);
}
