import { FluxError } from "../errors.ts";

interface Waiting {
  /** When it ends, ms of the monotonic clock. */
  readonly ends: number;
  readonly give: (error: FluxError) => void;
  done: boolean;
}

/**
 * Nobody waits longer than the budget. One timer serves all that wait, as all have the same budget.
 *
 * A process that was busy itself finds its timers late and the answers still unread: so the timer lets
 * the sockets speak first.
 */
export class TimeBudget {
  readonly #milliseconds: number;
  readonly #waiting: Waiting[] = [];
  #head = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  /**
   * The same, or a rejection where it takes longer than the budget.
   * @param late called then; what comes of the promise later is nobody's any more.
   */
  watch<T>(promise: PromiseLike<T>, late: () => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const waiting: Waiting = {
        ends: performance.now() + this.#milliseconds,
        done: false,
        give: (error) => {
          late();
          reject(error);
        },
      };
      this.#waiting.push(waiting);
      this.#timer ??= setTimeout(this.#ring, this.#milliseconds);
      promise.then(
        (value) => {
          waiting.done = true;
          resolve(value);
        },
        (error) => {
          waiting.done = true;
          reject(error);
        },
      );
    });
  }

  readonly #ring = () => {
    setImmediate(() => {
      const now = performance.now();
      const waiting = this.#waiting;
      while (this.#head < waiting.length) {
        const next = waiting[this.#head] as Waiting;
        if (!next.done) {
          if (next.ends > now) break;
          next.done = true;
          next.give(tooLate(this.#milliseconds));
        }
        this.#head++;
      }
      const next = waiting[this.#head];
      waiting.splice(0, this.#head);
      this.#head = 0;
      this.#timer =
        next === undefined ? undefined : setTimeout(this.#ring, Math.max(1, next.ends - now));
    });
  };
}

function tooLate(milliseconds: number): FluxError {
  return new FluxError(
    "store_unavailable",
    `redisStore: no answer within ${milliseconds} ms (its \`timeout\`). The server is busy, frozen or far away; what it does not do by then it does not do at all.`,
  );
}
