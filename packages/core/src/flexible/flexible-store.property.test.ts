import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { used } from "../limits/state.ts";
import type { Receipt } from "../limits/store.ts";
import { watched } from "./test-limiter.ts";

afterEach(() => void vi.useRealTimers());

const quota = 10;
const window = 2_000;
/** ms before a window's end from which on nothing is given back. */
const margin = 50;

type Step =
  | { readonly kind: "charge"; readonly cost: number; readonly dryRun: boolean }
  | { readonly kind: "settle"; readonly which: number; readonly units: number }
  | { readonly kind: "wait"; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("charge" as const),
    cost: fc.integer({ min: 0, max: 12 }),
    dryRun: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("settle" as const),
    which: fc.nat(20),
    units: fc.integer({ min: 0, max: 14 }),
  }),
  fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 1_500 }) }),
);

/** A fixed window, in as few words as it takes. */
class Model {
  #used = 0;
  #end = 0;
  /** When the window ends that is known to be full. */
  #full = 0;

  used(): number {
    return performance.now() < this.#end ? this.#used : 0;
  }
  charge(cost: number, dryRun: boolean): boolean {
    const allowed = cost === 0 || this.used() + cost <= quota;
    if (allowed && !dryRun) this.add(cost);
    if (!allowed && !dryRun && cost <= quota) this.#refuse(cost);
    return allowed;
  }
  /** The first refusal of a window has counted what it refused: too late, it cannot be given back. */
  #refuse(cost: number): void {
    const isKnown = this.#full === this.#end;
    this.#full = this.#end;
    if (!isKnown && performance.now() > this.#end - margin) this.add(cost);
  }
  add(units: number): void {
    if (units === 0) return;
    this.#used = this.used() + units;
    if (performance.now() >= this.#end) this.#end = performance.now() + window;
  }
  /** The window that runs, or none. */
  get running(): number {
    return performance.now() < this.#end ? this.#end : 0;
  }
}

test("counts like a fixed window, and gives back in none but its own", async () => {
  vi.useFakeTimers();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { charge, store } = watched({ quota, window });
      const model = new Model();
      const receipts: { receipt: Receipt; cost: number; window: number; open: boolean }[] = [];
      for (const each of steps) {
        if (each.kind === "wait") vi.advanceTimersByTime(each.ms);
        else if (each.kind === "charge") {
          const receipt = await charge(each.cost, each.dryRun);
          expect(receipt.outcome.allowed).toBe(model.charge(each.cost, each.dryRun));
          receipts.push({
            receipt,
            cost: each.cost,
            window: model.running,
            open: receipt.outcome.allowed && !each.dryRun,
          });
        } else {
          const chosen = receipts[each.which % Math.max(1, receipts.length)];
          if (chosen === undefined) continue;
          await store.settle(chosen.receipt, [each.units]);
          const more = each.units - chosen.cost;
          const inTime =
            chosen.window === model.running && performance.now() <= chosen.window - margin;
          if (chosen.open && (more > 0 || inTime)) model.add(more);
          chosen.open = false;
        }
        const look = await charge(0);
        expect(used(look.charges[0] as never, look.outcome, 0)).toBe(model.used());
      }
    }),
    { numRuns: 300 },
  );
});
