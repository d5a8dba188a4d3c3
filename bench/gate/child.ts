/**
 * One fresh process of the gate: loads both sides, and times them in turns so short that the machine's mood
 * is the same for both.
 */
import { pathToFileURL } from "node:url";
import { median } from "../measure/rounds.ts";
import type { Case, SignedIdentity } from "./cases.ts";

export interface Order {
  /** Paths of bundles; the first is loaded, and goes, first. */
  readonly sides: readonly [Side, Side];
  readonly identity: SignedIdentity;
}

export interface Side {
  readonly name: "baseline" | "tree";
  /** Its path. */
  readonly bundle: string;
  /** Makes six calls where five are asked for: is slowed by 20 %, on any machine. */
  readonly planted: boolean;
}

/** Of one case, in one process. */
export interface Figures {
  readonly name: string;
  /** The tree's time over the baseline's: the median over the rounds. */
  readonly ratio: number;
  /** ns a call. */
  readonly ns: Readonly<Record<Side["name"], number>>;
  /** Bytes a call. */
  readonly bytes: Readonly<Record<Side["name"], number>>;
}

/** Calls a turn: so few that most turns see no collection. What they allocate is counted by itself. */
const callsATurn = 200;
const warmUpTurns = 200;
const rounds = 150;
const bytesTurns = 31;

interface Runner {
  readonly name: Side["name"];
  /** ns a call. */
  turn(): number;
  /** Bytes a call. */
  bytes(): number;
}

function runnerOf(one: Case, { name, planted }: Side): Runner {
  const count = planted ? (callsATurn * 6) / 5 : callsATurn;
  return {
    name,
    turn() {
      one.prepare(count);
      const start = performance.now();
      one.run();
      return ((performance.now() - start) * 1e6) / callsATurn;
    },
    bytes() {
      one.prepare(count);
      const before = process.memoryUsage().heapUsed;
      one.run();
      return (process.memoryUsage().heapUsed - before) / callsATurn;
    },
  };
}

function figuresOf(name: string, first: Runner, second: Runner): Figures {
  for (let i = 0; i < warmUpTurns; i++) {
    first.turn();
    second.turn();
  }
  const times = { baseline: [] as number[], tree: [] as number[] };
  const bytes = { baseline: [] as number[], tree: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    // There and back again: what warms up or drifts within a round is the same for both.
    const [one, other] = round % 2 === 0 ? [first, second] : [second, first];
    const there = one.turn();
    const others = (other.turn() + other.turn()) / 2;
    times[one.name].push((there + one.turn()) / 2);
    times[other.name].push(others);
  }
  for (let turn = 0; turn < bytesTurns; turn++) {
    for (const runner of [first, second]) bytes[runner.name].push(runner.bytes());
  }
  return {
    name,
    ratio: median(times.tree.map((time, i) => time / (times.baseline[i] as number))),
    ns: { baseline: median(times.baseline), tree: median(times.tree) },
    bytes: { baseline: median(bytes.baseline), tree: median(bytes.tree) },
  };
}

async function measure({ sides, identity }: Order): Promise<Figures[]> {
  type Bundle = typeof import("./cases.ts");
  const load = (path: string) => import(pathToFileURL(path).href) as Promise<Bundle>;
  const first = await load(sides[0].bundle);
  const second = await load(sides[1].bundle);
  const figures: Figures[] = [];
  for (const [name, make] of Object.entries(first.cases)) {
    const one = runnerOf(await make(identity), sides[0]);
    const other = runnerOf(await second.cases[name]!(identity), sides[1]);
    figures.push(figuresOf(name, one, other));
  }
  return figures;
}

process.once("message", async (order: Order) => {
  process.send?.(await measure(order));
  process.disconnect();
});
