import { Chains } from "./chains.ts";
import { periodStart } from "./period.ts";
import { stateOf } from "./rows.ts";
import { isQuotaNear, isRateNear } from "./shelves.ts";
import type { Charge } from "./store.ts";

/** Counters that are charged in one short loop where most requests find them: far from their limits. */
export class LightCounters extends Chains {
  /** What the call has written over, a row and its value in turns; used again by every call. A list of doubles from the start. */
  readonly #before: number[] = new Array<number>(2 * mostCharges).fill(0.5);

  /**
   * Makes all charges where each is on a counter that is there, by the same variant and in the same
   * period, and that is light and stays so: then it fits, and its value is all that changes.
   * @param own the first row of the owner's own chain.
   * @returns the outcome's two numbers a charge; `undefined` where it is not so, and nothing is charged.
   */
  chargeLight(
    owner: string,
    own: number,
    charges: readonly Charge[],
    moment: number,
  ): number[] | undefined {
    // As in `judgeRate`: so that V8 puts no number in a box.
    const now = +moment;
    const count = charges.length;
    const before = this.#before;
    if (2 * count > before.length) return undefined;
    const marks = new Array<number>(2 * count);
    let next = own;
    for (let i = 0; i < count; i++) {
      const { policy, partition, cost } = charges[i] as Charge;
      const head = partition === "" ? own : this.head(owner, partition);
      // Most calls come in the order in which the rows were made: then none has to be looked for.
      let row = partition === "" && next >= 0 ? next : head;
      if (row < 0 || !(cost > 0 && Number.isSafeInteger(cost))) return this.#putBack(i);
      const light = stateOf(policy.variant, false);
      if (this.state(row) !== light) {
        row = this.seek(head, policy.variant);
        if (row < 0 || this.state(row) !== light) return this.#putBack(i);
      }
      const value = this.value(row);
      let side: number;
      let after: number;
      if (policy.kind === "rate") {
        side = this.credits(row);
        after = (value > now ? value : now) + cost * policy.interval;
        if (isRateNear(policy, after, now)) return this.#putBack(i);
      } else {
        side = this.period(row);
        after = value + cost;
        if (
          isQuotaNear(policy, after) ||
          after > Number.MAX_SAFE_INTEGER ||
          side < periodStart(policy.per, now)
        )
          return this.#putBack(i);
      }
      // At once, so that a further charge of the call on this counter comes on top.
      this.putValue(row, after);
      before[2 * i] = row;
      before[2 * i + 1] = value;
      marks[2 * i] = after;
      marks[2 * i + 1] = side;
      if (partition === "") next = this.next(row);
    }
    return marks;
  }

  /** The last first: two charges of a call may be on one counter. */
  #putBack(count: number): undefined {
    const before = this.#before;
    for (let i = count - 1; i >= 0; i--) {
      this.putValue(before[2 * i] as number, before[2 * i + 1] as number);
    }
  }
}

/** Charges of a call that are made so at most. */
const mostCharges = 16;
