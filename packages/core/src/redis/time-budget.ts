import { FluxError } from "../errors.ts";

interface Waiting {
  /** When it ends, ms of the monotonic clock. */
  readonly ends: number;
  readonly give: (error: FluxError) => void;
  done: boolean;
}

/** How many that are done are kept before the rest moves up. */
const trimmed = 1_024;

/**
 * Nobody waits longer than the budget. One timer serves all that wait: they are kept in the order in
 * which their time ends, which is that in which they come, but for few.
 *
 * A process that was busy itself finds its timers late and the answers still unread: so the timer lets
 * the sockets speak first.
 */
export class TimeBudget {
  readonly milliseconds: number;
  readonly #waiting: Waiting[] = [];
  #head = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(milliseconds: number) {
    this.milliseconds = milliseconds;
  }

  /**
   * The same, or a rejection where it takes longer than the budget.
   * @param ends when the budget ends, ms of the monotonic clock.
   * @param silent called where nothing has come by then.
   * @param late called with what comes after all.
   */
  watch<T>(
    promise: PromiseLike<T>,
    ends: number,
    silent: () => void,
    late?: (value: T) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const waiting: Waiting = {
        ends,
        done: false,
        give: (error) => {
          silent();
          reject(error);
        },
      };
      this.#add(waiting);
      promise.then(
        (value) => {
          if (waiting.done) tellLate(late, value);
          waiting.done = true;
          this.#trim();
          resolve(value);
        },
        (error) => {
          waiting.done = true;
          this.#trim();
          reject(error);
        },
      );
    });
  }

  #add(added: Waiting): void {
    const waiting = this.#waiting;
    let i = waiting.push(added) - 1;
    // Mostly it is the last to end; what is left of a budget ends sooner.
    for (; i > this.#head && (waiting[i - 1] as Waiting).ends > added.ends; i--)
      waiting[i] = waiting[i - 1] as Waiting;
    waiting[i] = added;
    if (this.#timer === undefined || i === this.#head) this.#ringAt(added.ends);
  }

  /** Forgets those at the front that are done. */
  #trim(): void {
    const waiting = this.#waiting;
    while (waiting[this.#head]?.done === true) this.#head++;
    if (this.#head < trimmed) return;
    waiting.splice(0, this.#head);
    this.#head = 0;
  }

  #ringAt(ends: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#ring, Math.max(1, ends - performance.now()));
    // The connection keeps the process; once that is closed, nobody waits.
    this.#timer.unref?.();
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
          next.give(tooLate(this.milliseconds));
        }
        this.#head++;
      }
      const next = waiting[this.#head];
      waiting.splice(0, this.#head);
      this.#head = 0;
      this.#timer = undefined;
      if (next !== undefined) this.#ringAt(next.ends);
    });
  };
}

/** Nobody would hear of an error here. */
function tellLate<T>(late: ((value: T) => void) | undefined, value: T): void {
  try {
    late?.(value);
  } catch {
    // What came late and cannot be read is as good as lost.
  }
}

function tooLate(milliseconds: number): FluxError {
  return new FluxError(
    "store_unavailable",
    `redisStore: no answer within ${milliseconds} ms (its \`timeout\`). The server is busy, frozen or far away; a charge that it has not made by then it does not make.`,
  );
}
