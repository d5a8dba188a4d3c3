import { FluxError } from "../errors.ts";

/** ms of a clock that never steps. */
export const clock = (): number => performance.now();

/**
 * How long to wait for answers. A server that has stopped answering altogether is not waited for by every
 * request anew: one at a time finds out whether it is back, and the others fail at once.
 */
export class Patience {
  /** ms. */
  readonly #timeout: number;
  /** When the last answer came, whatever it was. */
  #answered = -Infinity;
  /** Whether calls have been waiting for the whole of `timeout` in which nothing was answered. */
  #silent = false;
  #probing = false;

  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  /** By `clock`: when whoever asks now has waited long enough. */
  deadline(): number {
    return clock() + this.#timeout;
  }

  /**
   * @param call asks; what it gives after the deadline goes to `late`, and nowhere else.
   * @throws FluxError `store_unavailable` where there is no answer by the deadline, or where it is a failure.
   */
  ask<T>(call: () => Promise<T>, deadline: number, late?: (answer: T) => void): Promise<T> {
    const sent = clock();
    const probes = this.#silent;
    if (probes && this.#probing)
      return Promise.reject(unavailable("its limiter has stopped answering"));
    this.#probing = probes;
    return new Promise<T>((resolve, reject) => {
      let waits = true;
      const answered = () => {
        this.#answered = clock();
        this.#silent = false;
        if (probes) this.#probing = false;
        clearTimeout(timer);
      };
      const timer = setTimeout(() => {
        waits = false;
        const since = Math.max(sent, this.#answered);
        // A timer may be a little early.
        if (clock() - since >= this.#timeout - 2) this.#silent = true;
        if (probes) this.#probing = false;
        reject(unavailable(`its limiter did not answer within ${this.#timeout} ms`));
      }, deadline - sent);
      asked(call).then(
        (answer) => {
          answered();
          if (waits) resolve(answer);
          else late?.(answer);
        },
        (error) => {
          answered();
          reject(unavailable("its limiter failed", error));
        },
      );
    });
  }
}

/** A limiter may throw where it should reject. */
async function asked<T>(call: () => Promise<T>): Promise<T> {
  return call();
}

export function unavailable(problem: string, cause?: unknown): FluxError {
  const reason = cause instanceof Error ? `: ${cause.message}` : "";
  return new FluxError("store_unavailable", `flexibleStore: ${problem}${reason}`, { cause });
}
