/**
 * What the memory store costs: ns a call on hot counters, and a million keys coming and going.
 * Run: node --expose-gc bench/limits.ts
 */
import { type MemoryStore, memoryStore } from "../packages/core/src/limits/memory-store.ts";
import { quotaPolicy, ratePolicy } from "../packages/core/src/limits/policy.ts";
import type { Charge } from "../packages/core/src/limits/store.ts";

export interface Row {
  readonly name: string;
  readonly nsPerOp: number;
  /** Only of the rows that hold a million keys: ms that one slice of work held up the event loop. */
  readonly longestStall?: number;
  /** Only of the row that inserts a million keys: bytes of heap and of typed arrays, without the keys. */
  readonly bytesPerKey?: number;
}

const keyCount = 1_000_000;
const minute = 60_000;

const api = ratePolicy({ name: "bench-api", quota: 2 ** 20, window: 1_048_576, burst: 2 ** 20 });
const search = ratePolicy({ name: "bench-search", quota: 2 ** 19, window: 1_048_576 });
const tokens = quotaPolicy({ name: "bench-tokens", per: "month", quota: Number.POSITIVE_INFINITY });

const one: readonly Charge[] = [{ policy: api, partition: "", cost: 1 }];
const three: readonly Charge[] = [
  { policy: api, partition: "", cost: 1 },
  { policy: search, partition: "", cost: 1 },
  { policy: tokens, partition: "", cost: 2_000 },
];
const threeOfUser: readonly Charge[] = [
  { policy: api, partition: "", cost: 1 },
  { policy: search, partition: "user-17", cost: 1 },
  { policy: tokens, partition: "", cost: 2_000 },
];

export async function benchLimits(): Promise<Row[]> {
  return [
    hot("hot key, one rate, clock read by the store", one, true),
    hot("hot key, one rate, the decision's clock", one, false),
    hot("one owner, two rates and a quota", three, false),
    hot("one owner, two rates (one by user) and a quota", threeOfUser, false),
    ...(await millionKeys()),
  ];
}

/** The median of many rounds. */
function hot(name: string, charges: readonly Charge[], readsClock: boolean): Row {
  const store = memoryStore();
  store.connect({ now: Date.now });
  const owners = Array.from({ length: 100 }, (_, i) => `tenant-${i}`);
  const rounds: number[] = [];
  const calls = 100_000;
  let clock = Date.now();
  let refused = 0;
  for (let round = 0; round < 60; round++) {
    const started = performance.now();
    for (let i = 0; i < calls; i++) {
      const owner = owners[i % 100] as string;
      const outcome = readsClock
        ? store.charge(owner, charges)
        : store.charge(owner, charges, false, clock);
      if (!outcome.allowed) refused++;
    }
    rounds.push(((performance.now() - started) * 1e6) / calls);
    clock += minute;
  }
  const share = refused / (calls * 60);
  const median = rounds.sort((a, b) => a - b)[30] as number;
  return {
    name: share > 0.01 ? `${name} (${Math.round(share * 100)} % refused)` : name,
    nsPerOp: median,
  };
}

async function millionKeys(): Promise<Row[]> {
  const keys = parsedKeys();
  const store = memoryStore({ maxKeys: 2 * keyCount });
  store.connect({ now: Date.now });
  let clock = 1_800_000_000_000;
  // What the stack still holds of the making of the keys is gone after a turn of the event loop.
  await new Promise(setImmediate);
  const before = bytesHeld();
  const inserted = await sliced((i) => {
    store.charge(keys[i] as string, one, false, clock);
  });
  const bytesPerKey = (bytesHeld() - before) / store.size;
  const touched = await sliced((i) => {
    store.charge(keys[(i * 31) % keyCount] as string, one, false, clock);
  });
  // All are idle an hour later: as others come, they go.
  clock += 60 * minute;
  const turned = await sliced((i) => {
    store.charge(`other-${i}`, one, false, clock);
  });
  checkBound(store);
  return [
    { name: "1M keys: insert", bytesPerKey, ...inserted },
    { name: "1M keys: touch again", ...touched },
    { name: "1M keys: insert 1M others while these expire", ...turned },
  ];
}

/** Strings as a parser gives them: what is glued together at run time would be measured too. */
function parsedKeys(): string[] {
  const names = Array.from({ length: keyCount }, (_, i) => `tenant-${(i * 7_919) % keyCount}`);
  return JSON.parse(JSON.stringify(names));
}

/** Works in slices of 256 calls between turns of the event loop, as requests would come. */
async function sliced(work: (i: number) => void): Promise<Omit<Row, "name">> {
  let longestStall = 0;
  let total = 0;
  for (let i = 0; i < keyCount; ) {
    const started = performance.now();
    for (const end = Math.min(i + 256, keyCount); i < end; i++) work(i);
    const took = performance.now() - started;
    total += took;
    longestStall = Math.max(longestStall, took);
    await new Promise(setImmediate);
  }
  return { nsPerOp: (total * 1e6) / keyCount, longestStall };
}

function bytesHeld(): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function checkBound(store: MemoryStore): void {
  if (store.size > keyCount) throw new Error(`the idle keys are still there: ${store.size}`);
}

if (import.meta.main) console.table(await benchLimits());
