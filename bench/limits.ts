/**
 * What the memory store costs: ns a call on hot counters, and a million keys coming and going.
 * Run: node --expose-gc bench/limits.ts
 */
import { type MemoryStore, memoryStore } from "../packages/core/src/limits/memory-store.ts";
import { quotaPolicy, ratePolicy } from "../packages/core/src/limits/policy.ts";
import type { Charge } from "../packages/core/src/limits/store.ts";

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: "ns" | "bytes" | "ms";
  /** What the value may be at most; absent where nothing is promised. */
  readonly target?: number;
}

/** A million, in whole slices of 256. */
const keyCount = 1_000_192;
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

/** @param rounds of the million keys, a few seconds each. */
export async function benchLimits(rounds = 5): Promise<Figure[]> {
  return [
    hot("hot key, one rate, the decision's clock", one, false, 60),
    hot("hot key, one rate, clock read by the store", one, true),
    hot("one owner, two rates and a quota", three, false),
    hot("one owner, two rates (one by user) and a quota", threeOfUser, false),
    ...(await millionKeys(rounds)),
  ];
}

/** The median of many rounds, the bare loop included. */
function hot(
  name: string,
  charges: readonly Charge[],
  readsClock: boolean,
  target?: number,
): Figure {
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
  const asked = share > 0.01 ? `${name} (${Math.round(share * 100)} % refused)` : name;
  return { name: asked, value: median(rounds), unit: "ns", ...(target && { target }) };
}

/** What a phase costs in one round. */
interface Phase {
  readonly nsPerOp: number;
  /** ms in all. */
  readonly took: number;
  /** ms that one slice of work held up the event loop, at most. */
  readonly longestSlice: number;
  /** ms from one turn of the event loop to the next, at most: with the collector's pauses in between. */
  readonly longestTurn: number;
}

interface Round {
  readonly bytesPerKey: number;
  readonly bare: Phase;
  readonly inserted: Phase;
  readonly touched: Phase;
  readonly turned: Phase;
}

async function millionKeys(count: number): Promise<Figure[]> {
  const keys = parsedKeys();
  const rounds: Round[] = [];
  for (let i = 0; i < count; i++) rounds.push(await millionKeysOnce(keys));
  const figure = (
    name: string,
    unit: Figure["unit"],
    of: (round: Round) => number,
    target?: number,
  ): Figure => ({
    name: `1M keys: ${name}`,
    value: median(rounds.map(of)),
    unit,
    ...(target && { target }),
  });
  const stall = ({ inserted, turned }: Round) =>
    Math.max(inserted.longestSlice, turned.longestSlice);
  return [
    figure("insert", "ns", ({ inserted }) => inserted.nsPerOp),
    figure("touch again", "ns", ({ touched }) => touched.nsPerOp),
    figure("insert 1M others while these expire", "ns", ({ turned }) => turned.nsPerOp),
    figure("a key, beside its string", "bytes", ({ bytesPerKey }) => bytesPerKey, 64),
    figure("longest stall, inserted and expiring", "ms", stall),
    figure("longest stall of the bare loop", "ms", ({ bare }) => bare.longestSlice),
    figure("stall beyond the bare loop's", "ms", (r) => stall(r) - r.bare.longestSlice, 5),
    figure("longest turn, with garbage collected", "ms", ({ inserted, turned }) =>
      Math.max(inserted.longestTurn, turned.longestTurn),
    ),
  ];
}

async function millionKeysOnce(keys: readonly string[]): Promise<Round> {
  const store = memoryStore({ maxKeys: 2 * keyCount });
  let clock = 1_800_000_000_000;
  // What the stack still holds of the making of the keys is gone after a turn of the event loop.
  await new Promise(setImmediate);
  const before = bytesHeld();
  // The collections that have just been asked for are cleaned up after by threads: on a machine of two
  // processors they would take the loop's.
  await new Promise((resolve) => setTimeout(resolve, 500));
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
  let length = 0;
  // For as long as the store was at work: whatever else the machine does must meet both alike.
  const bare = await sliced((i) => {
    length += `other-${i}`.length;
  }, inserted.took + turned.took);
  if (length === 0) throw new Error("the bare loop has done nothing");
  return { bytesPerKey, bare, inserted, touched, turned };
}

/** Strings as a parser gives them: what is glued together at run time would be measured too. */
function parsedKeys(): string[] {
  const names = Array.from({ length: keyCount }, (_, i) => `tenant-${(i * 7_919) % keyCount}`);
  return JSON.parse(JSON.stringify(names));
}

/**
 * Works in slices of 256 calls between turns of the event loop, as requests would come.
 * @param atLeast ms, for which it begins again if it is done before.
 */
async function sliced(work: (i: number) => void, atLeast = 0): Promise<Phase> {
  let longestSlice = 0;
  let longestTurn = 0;
  let worked = 0;
  let calls = 0;
  await new Promise(setImmediate);
  const started = performance.now();
  let turn = started;
  for (let i = 0; i < keyCount || turn - started < atLeast; ) {
    for (const end = i + 256; i < end; i++) work(i % keyCount);
    const slice = performance.now() - turn;
    worked += slice;
    longestSlice = Math.max(longestSlice, slice);
    calls += 256;
    await new Promise(setImmediate);
    const now = performance.now();
    longestTurn = Math.max(longestTurn, now - turn);
    turn = now;
  }
  return { nsPerOp: (worked * 1e6) / calls, took: turn - started, longestSlice, longestTurn };
}

function bytesHeld(): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}

function checkBound(store: MemoryStore): void {
  if (store.size > keyCount) throw new Error(`the idle keys are still there: ${store.size}`);
}

if (import.meta.main) console.table(await benchLimits());
