/** What a charge on hot counters of the memory store costs, ns. */
import type { Charge } from "../../packages/core/src/limits/store.ts";
import { rowOf } from "../measure/rounds.ts";
import type { Row } from "../results/result.ts";
import { memoryStore, minute, one, three, threeOfUser } from "./memory-store.ts";

const rounds = 60;
const calls = 100_000;

export const benchHotKeys = (): Row[] => [
  hot("hot key, one rate, the decision's clock", one, false, { most: 60 }),
  hot("hot key, one rate, clock read by the store", one, true),
  hot("one owner, two rates and a quota", three, false),
  hot("one owner, two rates (one by user) and a quota", threeOfUser, false),
];

/** The bare loop included. */
function hot(
  name: string,
  charges: readonly Charge[],
  readsClock: boolean,
  target?: Row["target"],
): Row {
  const store = memoryStore();
  store.connect({ now: Date.now });
  const owners = Array.from({ length: 100 }, (_, i) => `tenant-${i}`);
  const took: number[] = [];
  let clock = Date.now();
  let refused = 0;
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    for (let i = 0; i < calls; i++) {
      const owner = owners[i % 100] as string;
      const outcome = readsClock
        ? store.charge(owner, charges)
        : store.charge(owner, charges, false, clock);
      if (!outcome.allowed) refused++;
    }
    took.push(((performance.now() - started) * 1e6) / calls);
    clock += minute;
  }
  const share = refused / (calls * rounds);
  const told = share > 0.01 ? `${name} (${Math.round(share * 100)} % refused)` : name;
  return rowOf(told, took, "ns", target);
}
