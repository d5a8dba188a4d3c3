/** Callers that ask again and again, and a record of every answer. */
import { setTimeout as pause } from "node:timers/promises";
import type { Decision } from "@flux/core";
import { type App, asking, clean, type Kind, kinds } from "./app.ts";
import { Lateness } from "./lateness.ts";

/** `start` is told of nowhere: a process is slow at first. */
export const phases = ["start", "before", "during", "after"] as const;
export type Phase = (typeof phases)[number];

export interface Asked {
  readonly kind: Kind;
  readonly phase: Phase;
  readonly allowed: boolean;
  readonly status: number;
  /** Whether the store itself decided. */
  readonly clean: boolean;
  /** ms of the monotonic clock. */
  readonly from: number;
  readonly to: number;
}

/** ms between an answer and the same caller's next question. */
const rest = 3;

export class Load {
  readonly asked: Asked[] = [];
  readonly lateness = new Lateness();
  /** What the store could not do, as events told it. */
  readonly errors: unknown[] = [];
  /** Decisions that were given back: the caller was told that it worked, or that it did not. */
  refunded = 0;
  refundsFailed = 0;
  phase: Phase = "start";
  /** Questions that nobody has answered yet. */
  open = 0;
  #stopped = false;
  #cleanInARow = 0;
  readonly #callers: Promise<void>[];

  constructor(flux: App, callers: number) {
    flux.on("error", ({ error }) => this.errors.push(error));
    const questions = kinds.map((kind) => [kind, asking(flux, kind)] as const);
    this.#callers = Array.from({ length: callers }, (_, i) => {
      const [kind, ask] = questions[i % questions.length] as (typeof questions)[number];
      return this.#call(kind, ask);
    });
  }

  async #call(kind: Kind, ask: () => Promise<Decision>): Promise<void> {
    for (let round = 0; !this.#stopped; round++) {
      const { phase } = this;
      const from = performance.now();
      this.open++;
      const decision = await ask();
      this.open--;
      const to = performance.now();
      const { allowed, status } = decision;
      this.asked.push({ kind, phase, allowed, status, clean: clean(decision), from, to });
      this.#cleanInARow = clean(decision) ? this.#cleanInARow + 1 : 0;
      if (kind === "metered" && allowed && clean(decision) && round % 4 === 0)
        await Promise.resolve(decision.refund()).then(
          () => this.refunded++,
          () => this.refundsFailed++,
        );
      await pause(rest);
    }
  }

  /** Waits until the store itself decides what is asked. @returns ms until the first of those decisions. */
  async untilClean(stretch = 150, patience = 15_000): Promise<number> {
    const began = performance.now();
    const start = this.asked.length;
    this.#cleanInARow = 0;
    while (this.#cleanInARow < stretch) {
      if (performance.now() - began > patience)
        throw new Error(`the store does not decide again: ${String(this.errors.at(-1))}`);
      await pause(5);
    }
    const last = this.asked.slice(start).findLastIndex((each) => !each.clean);
    return last < 0 ? 0 : (this.asked[start + last] as Asked).to - began;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#callers);
    this.lateness.stop();
  }

  /** ms that a decision took beyond the budget, and that this process was not itself late. */
  excess({ from, to }: Asked, budget: number): number {
    return to - from - budget - this.lateness.within(from, to);
  }
}
