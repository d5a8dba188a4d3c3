import type { DecisionRecord } from "../../decision/decision.ts";
import { isPromise } from "../../support/is-promise.ts";

/** A source that failed, in words for whoever runs the service; never holds a credential. */
export interface FluxErrorEvent {
  /** `"tenant"`, `"jwks"`, `"apiKeys"`, `"custom"`, `"revoked"`, `"store"`, `"cost"`, `"refundOn"`, `"attributes"`, `"clientIp"`. */
  readonly source: string;
  readonly message: string;
  readonly error?: unknown;
}

export interface FluxEvents {
  decision: DecisionRecord;
  error: FluxErrorEvent;
}

/** How often an error that nobody listens to is logged, in ms, for each of its sources. */
const logEvery = 10_000;

/** Who observes one Flux instance. A listener that throws is logged and harms nobody. */
export class Listeners {
  readonly decision = new Set<(event: DecisionRecord) => void>();
  readonly error = new Set<(event: FluxErrorEvent) => void>();
  readonly #logError: (message: string) => void;
  readonly #now: () => number;
  readonly #loggedAt = new Map<string, number>();

  constructor(logError: (message: string) => void, now: () => number) {
    this.#logError = logError;
    this.#now = now;
  }

  emit<E extends keyof FluxEvents>(event: E, record: FluxEvents[E]): void {
    for (const listener of this[event] as Set<(record: FluxEvents[E]) => void>)
      try {
        const result: unknown = listener(record);
        // An async function passes for a listener; nobody else would hear of its rejection.
        if (isPromise(result)) result.then(undefined, (error) => this.#threw(event, error));
      } catch (error) {
        this.#threw(event, error);
      }
  }

  /** Tells the listeners of errors, or the log where there are none: a failing source is seen. */
  report(event: FluxErrorEvent): void {
    if (this.error.size > 0) {
      this.emit("error", event);
      return;
    }
    const { source, message, error } = event;
    this.#log(source, error === undefined ? message : `${message}: ${describe(error)}`);
  }

  #threw(event: keyof FluxEvents, error: unknown): void {
    this.#log("listener", `A listener of ${JSON.stringify(event)} threw: ${describe(error)}`);
  }

  #log(source: string, message: string): void {
    const now = this.#now();
    const last = this.#loggedAt.get(source);
    if (last !== undefined && now - last < logEvery && now >= last) return;
    this.#loggedAt.set(source, now);
    try {
      this.#logError(`[flux] ${source}: ${message}`);
    } catch {
      // A logger that throws must not decide whether a request is let in.
    }
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
