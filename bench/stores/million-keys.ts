/** A million keys of the memory store coming and going: time, bytes, and how long the event loop waits. */
import { differences, rowOf } from "../measure/rounds.ts";
import type { Row, Unit } from "../results/result.ts";
import { type MemoryStore, memoryStore, minute, one } from "./memory-store.ts";
import { type Phase, sliced } from "./slices.ts";

/** A million, in whole slices of 256. */
const keyCount = 1_000_192;

interface Round {
  readonly bytesPerKey: number;
  readonly bare: Phase;
  readonly inserted: Phase;
  readonly touched: Phase;
  readonly turned: Phase;
}

/** @param count of rounds, several seconds each. */
export async function benchMillionKeys(count: number): Promise<Row[]> {
  const keys = parsedKeys();
  const rounds: Round[] = [];
  for (let i = 0; i < count; i++) rounds.push(await millionKeysOnce(keys));
  const row = (name: string, unit: Unit, values: readonly number[], target?: Row["target"]) =>
    rowOf(`1M keys: ${name}`, values, unit, target);
  const longest = (of: "longestSlice" | "longestTurn") =>
    rounds.map(({ inserted, turned }) => Math.max(inserted[of], turned[of]));
  const stalls = longest("longestSlice");
  const bare = rounds.map((round) => round.bare.longestSlice);
  return [
    row(
      "insert",
      "ns",
      rounds.map(({ inserted }) => inserted.nsPerOp),
    ),
    row(
      "touch again",
      "ns",
      rounds.map(({ touched }) => touched.nsPerOp),
    ),
    row(
      "insert 1M others while these expire",
      "ns",
      rounds.map(({ turned }) => turned.nsPerOp),
    ),
    row(
      "a key, beside its string",
      "bytes",
      rounds.map(({ bytesPerKey }) => bytesPerKey),
      {
        most: 64,
      },
    ),
    row("longest stall, inserted and expiring", "ms", stalls),
    row("longest stall of the bare loop", "ms", bare),
    row("stall beyond the bare loop's", "ms", differences(stalls, bare), { most: 5 }),
    row("longest turn, with garbage collected", "ms", longest("longestTurn")),
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
  const inserted = await sliced(keyCount, (i) => {
    store.charge(keys[i] as string, one, false, clock);
  });
  const bytesPerKey = (bytesHeld() - before) / store.size;
  const touched = await sliced(keyCount, (i) => {
    store.charge(keys[(i * 31) % keyCount] as string, one, false, clock);
  });
  // All are idle an hour later: as others come, they go.
  clock += 60 * minute;
  const turned = await sliced(keyCount, (i) => {
    store.charge(`other-${i}`, one, false, clock);
  });
  checkBound(store);
  let length = 0;
  // For as long as the store was at work: whatever else the machine does must meet both alike.
  const bare = await sliced(
    keyCount,
    (i) => {
      length += `other-${i}`.length;
    },
    inserted.took + turned.took,
  );
  if (length === 0) throw new Error("the bare loop has done nothing");
  return { bytesPerKey, bare, inserted, touched, turned };
}

/** Strings as a parser gives them: what is glued together at run time would be measured too. */
function parsedKeys(): string[] {
  const names = Array.from({ length: keyCount }, (_, i) => `tenant-${(i * 7_919) % keyCount}`);
  return JSON.parse(JSON.stringify(names));
}

function bytesHeld(): number {
  // Without it, garbage would count as held.
  if (globalThis.gc === undefined) throw new Error("run it with --expose-gc");
  for (let i = 0; i < 3; i++) globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function checkBound(store: MemoryStore): void {
  if (store.size > keyCount) throw new Error(`the idle keys are still there: ${store.size}`);
}
