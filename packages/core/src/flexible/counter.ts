/** One limit's counters in one plan's numbers: a limiter, its answers read, its traps stepped around. */
import { BoundedMap } from "../support/bounded-map.ts";
import type { LimiterOptions } from "./fitness.ts";
import { type FlexibleLimiter, type FlexibleResult, isResult } from "./limiter.ts";
import { clock, type Patience } from "./patience.ts";

/** What a limiter says of a key. */
export interface Reading {
  readonly refused: boolean;
  /** Units on the counter; less than 0 where something was given back that was not there. */
  readonly used: number;
  /** ms until the window or the block ends, from the moment at which this was answered. */
  readonly left: number;
  /** By `clock`: the earliest moment at which the window can end, and the latest. */
  readonly earliestEnd: number;
  readonly latestEnd: number;
}

/** What is given back must reach the server before the window's end: ms that it may need. */
const margin = 50;
/** Two readings of one window's end differ by this at most: ms, by which backends round. */
const rounding = 10;
/** Units beyond what was charged that one settlement counts, where a window does not hold more. */
const mostOverrun = 100_000_000;
/** Keys remembered as full. */
const mostFull = 10_000;

export class Counter {
  readonly #limiter: FlexibleLimiter;
  readonly #patience: Patience;
  readonly #blocks: boolean;
  /** Units at which the limiter has blocked a key, where it blocks any. */
  readonly #blockedAt: number;
  readonly #blocksInMemory: boolean;
  /** Keys that refused something, and when their window ends. */
  readonly #full = new BoundedMap<string, number>(mostFull);

  constructor(limiter: FlexibleLimiter & LimiterOptions, patience: Patience) {
    const { points, blockDuration = 0, blockOnConsumed = 0, inMemoryBlockOnConsumed = 0 } = limiter;
    this.#limiter = limiter;
    this.#patience = patience;
    this.#blocks = blockDuration > 0;
    this.#blockedAt = Math.max(points + 1, blockOnConsumed);
    this.#blocksInMemory = inMemoryBlockOnConsumed > 0;
  }

  /** The counter as it stands; `undefined` where no window runs. */
  async look(key: string, deadline: number): Promise<Reading | undefined> {
    const reading = await this.#patience.ask(
      () => this.#read(() => this.#limiter.get(key), false),
      deadline,
    );
    return reading === undefined || reading.left === 0 ? undefined : reading;
  }

  /**
   * Counts units where there is room.
   *
   * The library counts what it refuses as well. So what has refused before is looked at first, which
   * writes nothing; where that was not known, or others came in between, the units are given back.
   * A limiter with a `blockDuration` is left to count refusals: they are what blocks.
   * @param units at least 1, at most the limit's points.
   */
  async charge(key: string, units: number, deadline: number): Promise<Reading> {
    const { points } = this.#limiter;
    if (!this.#blocksInMemory && (this.#full.get(key) ?? 0) > clock()) {
      const found = await this.look(key, deadline);
      const isFull =
        found && (this.#blocks ? found.used >= this.#blockedAt : found.used > points - units);
      if (isFull) return { ...found, refused: true };
    }
    const reading = await this.#consume(key, units, deadline);
    if (!reading.refused) return reading;
    this.#full.set(key, reading.latestEnd);
    // What the limiter refused out of its own memory it has not counted.
    if (reading.used <= points) return { ...reading, used: points };
    if (this.#blocks) return reading;
    await this.#giveBack(key, units, reading.latestEnd, deadline).catch(() => undefined);
    return { ...reading, used: reading.used - units };
  }

  /** Gives back units that were charged in a window, while it runs. */
  async giveBack(key: string, units: number, windowEnd: number): Promise<void> {
    const deadline = this.#patience.deadline();
    if (this.#blocks && windowEnd > clock()) {
      const found = await this.look(key, deadline);
      // To give back would lift the block.
      if (found === undefined || found.used >= this.#blockedAt) return;
    }
    await this.#giveBack(key, units, windowEnd, deadline);
  }

  /** Counts units, room or none. */
  async overrun(key: string, units: number): Promise<void> {
    // What is far beyond the window keeps nobody out for longer, and may not fit the counter.
    const counted = Math.min(units, Math.max(this.#limiter.points, mostOverrun));
    await this.#ask(() => this.#limiter.penalty(key, counted), this.#patience.deadline());
  }

  #consume(key: string, units: number, deadline: number): Promise<Reading> {
    return this.#ask(
      () => this.#limiter.consume(key, units),
      deadline,
      // It was charged after whoever asked had been told that it was not.
      ({ refused, used, latestEnd }) => {
        const isCounted = !refused || used > this.#limiter.points;
        if (!isCounted || (refused && this.#blocks)) return;
        this.giveBack(key, units, latestEnd).catch(() => undefined);
      },
    );
  }

  /**
   * In a later window this would let more pass than the limit. Where it has come too late after all, which
   * is seen by the answer, it is taken back.
   */
  async #giveBack(key: string, units: number, windowEnd: number, deadline: number): Promise<void> {
    if (clock() > windowEnd - margin) return;
    const undo = ({ used, earliestEnd }: Reading) => {
      const isLate = used < 0 || earliestEnd > windowEnd + rounding;
      return isLate ? this.overrun(key, units) : undefined;
    };
    const reading = await this.#ask(
      () => this.#limiter.reward(key, units),
      deadline,
      (late) => void undo(late)?.catch(() => undefined),
    );
    await undo(reading);
  }

  #ask(
    call: () => Promise<FlexibleResult>,
    deadline: number,
    late?: (reading: Reading) => void,
  ): Promise<Reading> {
    return this.#patience.ask(
      async () => {
        const reading = await this.#read(call, true);
        if (reading === undefined) throw noResult();
        return reading;
      },
      deadline,
      late,
    );
  }

  async #read(
    call: () => Promise<FlexibleResult | null>,
    writes: boolean,
  ): Promise<Reading | undefined> {
    const sent = clock();
    let refused = false;
    let result: FlexibleResult | null;
    try {
      result = await call();
    } catch (reason) {
      // What it refuses with is a result, and no error.
      if (!writes || !isResult(reason)) throw reason;
      refused = true;
      result = reason;
    }
    if (result === null && !writes) return undefined;
    if (!isResult(result)) throw noResult();
    const { consumedPoints, msBeforeNext } = result;
    // Of a key that never expires, which is none of Flux's, it is said that it will in a window's time.
    // Looked at, a counter may also be past its end, and is not swept up yet.
    const endless = writes && msBeforeNext < 0;
    const left = endless ? this.#limiter.duration * 1_000 : Math.max(0, msBeforeNext);
    return {
      refused,
      used: consumedPoints,
      left,
      earliestEnd: sent + left,
      latestEnd: clock() + left,
    };
  }
}

const noResult = () => new TypeError("it answered what is no result");
