import { FluxError } from "../errors.ts";

interface Waiting {
  /** When it ends, ms of the monotonic clock. */
  readonly ends: number;
  readonly give: (error: FluxError) => void;
  done: boolean;
}

/** Who is told what became of a call. */
export interface Told<T, R> {
  /** Something came in time. @returns what it means; throws what its promise is rejected with. */
  answered(value: T): R | Promise<R>;
  /** It failed in time. @returns what its promise is rejected with. */
  failed(error: unknown): unknown;
  /** Nothing came in time. */
  silent(): void;
  /** Something came after all. */
  late(value: T): void;
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
  /** When the timer rings, ms of the monotonic clock: no later than anybody's time ends. */
  #rings = 0;

  constructor(milliseconds: number) {
    this.milliseconds = milliseconds;
  }

  /**
   * What a promise's value means, or a rejection where it takes longer than the budget.
   * @param ends when the budget ends, ms of the monotonic clock.
   * @param told called with what became of it: before the promise is settled, or after it was rejected
   *   as it took too long.
   */
  watch<T, R>(promise: PromiseLike<T>, ends: number, told: Told<T, R>): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      const waiting: Waiting = {
        ends,
        done: false,
        give: (error) => {
          told.silent();
          reject(error);
        },
      };
      this.#add(waiting);
      promise.then(
        (value) => {
          if (waiting.done) return tellLate(told, value);
          waiting.done = true;
          this.#trim();
          try {
            resolve(told.answered(value));
          } catch (error) {
            reject(error);
          }
        },
        (error) => {
          if (waiting.done) return;
          waiting.done = true;
          this.#trim();
          reject(told.failed(error));
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
    if (this.#timer === undefined || added.ends < this.#rings) this.#ringAt(added.ends);
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
    this.#rings = ends;
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
function tellLate<T>(told: Told<T, unknown>, value: T): void {
  try {
    told.late(value);
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
