import type { Counting } from "../counting.ts";
import type { Ability } from "../target.ts";

export interface StoreCase {
  /** What holds of a store, in words that follow the subject's. */
  readonly name: string;
  /** Abilities without which it cannot hold. */
  readonly needs?: readonly Ability[];
  /** Only for stores that lack this. */
  readonly without?: Ability;
  /** Whether the clock has to be moved; default: `false`. */
  readonly movesClock?: boolean;
  run(on: Counting): Promise<void>;
}

/** Cases of one subject. */
export interface Subject {
  readonly name: string;
  readonly cases: readonly StoreCase[];
}
