import type { Numbers } from "./arithmetic.ts";
import { none } from "./chains.ts";
import { LightCounters } from "./light-counters.ts";
import { periodStart } from "./period.ts";
import { indexOf, type Policy, type RatePolicy, variantOf } from "./policy.ts";
import { RowSet } from "./row-set.ts";
import { free, stateOf } from "./rows.ts";
import { isQuotaNear, isRateNear, type Quota, Shelves } from "./shelves.ts";

/** A row that the call which needs room has need of itself. */
export interface Spared {
  readonly row: number;
}

/** Counters that lie on shelves by how near their limits they are, so that the least used are at hand. */
export class GradedCounters extends LightCounters {
  protected readonly shelves = new Shelves();
  /** The rows of each policy, by its index. */
  readonly #rates: RowSet[] = [];
  readonly #quotas: RowSet[] = [];
  /** Rows ever used; all above are free. */
  protected used = 0;

  /**
   * Writes a rate's TAT and credits.
   * @param at the clock, µs.
   */
  writeRate(row: number, policy: RatePolicy, { value, side }: Numbers, at: number): void {
    const state = stateOf(policy.variant, isRateNear(policy, value, at));
    this.#shelve(row, this.shelves.ofRate(policy, value, at), state);
    this.putRate(row, value, side);
  }

  /**
   * Writes a quota's used units and its period.
   * @param at the clock, µs.
   */
  writeQuota(row: number, policy: Quota, { value, side }: Numbers, at: number): void {
    const isNear = isQuotaNear(policy, value);
    const state = stateOf(policy.variant, isNear);
    if (isNear || this.state(row) !== state || this.period(row) !== side) {
      this.#shelve(row, this.shelves.ofQuota(policy.per, isNear, side, at), state);
    }
    this.putQuota(row, value, side);
  }

  /** The rows of the rate that has most of them, or of the quota where there are no rates. */
  protected get mostHeld(): RowSet {
    return largest(this.#rates) ?? largest(this.#quotas) ?? new RowSet();
  }

  /** Lists a row, to be written next, under its key and its policy. */
  protected list(
    row: number,
    owner: string,
    partition: string,
    policy: Policy,
    born: number,
  ): void {
    this.join(row, owner, partition, born);
    const sets = policy.kind === "rate" ? this.#rates : this.#quotas;
    sets[policy.index] ??= new RowSet();
    sets[policy.index]?.add(row);
    // Where most rates begin, so that writing one has nothing more to do for it.
    if (policy.kind === "rate") {
      this.#shelve(row, this.shelves.light, stateOf(policy.variant, false));
    }
  }

  /**
   * The row least worth keeping of some drawn at random, or a negative number where none of those may
   * go.
   * @param from a set of rows, or all rows of a full table.
   * @param onlyCrowds whether only rows of crowds may go.
   * @param spared the first `count` of these rows may not go.
   */
  protected leastOf(
    from: RowSet | undefined,
    onlyCrowds: boolean,
    at: number,
    spared: readonly Spared[],
    count: number,
  ): number {
    let victim = none;
    let least = Infinity;
    let row = none;
    const most = count + (from === this.shelves.light ? draws.mostLight : draws.most);
    // Where all that were drawn have to stay, their neighbours are looked at.
    for (let i = 0; i < draws.sample || (victim < 0 && i < most); i++) {
      const start = i < draws.sample ? Math.floor(Math.random() * this.used) : row + 1;
      row = from === undefined ? start % this.used : from.from(start);
      if (row < 0) return none;
      if (isAmong(row, spared, count) || (onlyCrowds && !this.isOfCrowd(row))) continue;
      if (from === this.shelves.light && !this.#isLight(row, at)) continue;
      const worth = this.#worth(row, at);
      if (worth < least) {
        victim = row;
        least = worth;
      }
    }
    return victim;
  }

  /** Takes a row out of all that `list` and writing it have put it into. */
  protected override leave(row: number): void {
    const variant = this.variant(row);
    this.shelves.remove(row, variant, this.value(row));
    const sets = variantOf(variant).kind === "rate" ? this.#rates : this.#quotas;
    sets[indexOf(variant)]?.delete(row);
    super.leave(row);
  }

  /**
   * What would be lost with a row: of a rate, the share of its burst that is used. A quota outweighs
   * every rate, since only its period's end gives it back; a row of a crowd weighs less than others.
   */
  #worth(row: number, at: number): number {
    const variant = variantOf(this.variant(row));
    let worth = 0;
    if (variant.kind === "rate") {
      worth = Math.min(1, Math.max(0, this.value(row) - at) / variant.tolerance);
    } else if (this.period(row) >= periodStart(variant.per, at)) {
      worth = 4;
    }
    return this.isOfCrowd(row) ? worth - 8 : worth;
  }

  /** Whether a row of the light ones belongs there; where it does not, it is put where it does. */
  #isLight(row: number, at: number): boolean {
    const state = this.state(row);
    const variant = variantOf(this.variant(row));
    if (variant.kind === "quota") {
      const isNear = state === stateOf(variant.variant, true);
      const shelf = this.shelves.ofQuota(variant.per, isNear, this.period(row), at);
      if (shelf === this.shelves.light) return true;
      this.#shelve(row, shelf, state);
    } else {
      const shelf = this.shelves.ofRate(variant, this.value(row), at);
      if (shelf === this.shelves.light) return true;
      this.#shelve(row, shelf, stateOf(variant.variant, true));
    }
    return false;
  }

  #shelve(row: number, shelf: RowSet, state: number): void {
    if (!shelf.has(row)) {
      const variant = this.variant(row);
      if (variant !== free) this.shelves.remove(row, variant, this.value(row));
      shelf.add(row);
    }
    this.putState(row, state);
  }
}

/**
 * Rows of which the least is taken, and rows looked at, beside those of the call, if none may go. Among
 * the light ones there may be thousands that are not, after an overrun; each is met there but once.
 */
const draws = { sample: 16, most: 64, mostLight: 4_096 } as const;

function largest(sets: readonly RowSet[]): RowSet | undefined {
  let found: RowSet | undefined;
  // For the sets that there are: indices are numbered across all stores of the process.
  sets.forEach((set) => {
    if (set.size > (found?.size ?? 0)) found = set;
  });
  return found;
}

function isAmong(row: number, spared: readonly Spared[], count: number): boolean {
  for (let i = 0; i < count; i++) if (spared[i]?.row === row) return true;
  return false;
}
