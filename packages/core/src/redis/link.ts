/** A script call: within the time budget, and made once. */
import { Cluster } from "ioredis";
import { FluxError } from "../errors.ts";
import type { Connection } from "./connection.ts";
import { callFailure, undone } from "./failures.ts";
import type { Script } from "./script.ts";
import type { ServerClock } from "./server-clock.ts";
import { TimeBudget } from "./time-budget.ts";

/** The arguments of a call. */
export type Words = readonly (string | Buffer)[];

export interface Call {
  /**
   * Made when the call is sent.
   * @param clock of the server that it is sent to: known.
   */
  readonly words: (clock: ServerClock) => Words;
  /** When nobody waits any more, ms of the monotonic clock; default: when the time budget is over. */
  readonly ends?: number;
  /** Told what is answered after that. */
  readonly late?: (reply: Buffer) => void;
}

export class Link {
  readonly #connection: Connection;
  readonly #budget: TimeBudget;
  /** Whether a call has waited a whole budget for a connection that is being made: then none waits. */
  #startsSlowly = false;
  #corked = false;

  /** @param timeout the time budget, ms. */
  constructor(connection: Connection, timeout: number) {
    this.#connection = connection;
    this.#budget = new TimeBudget(timeout);
  }

  /**
   * Calls a script once.
   * @param keys all under one hash tag.
   * @throws FluxError `store_unavailable` where no answer came in time, or an error.
   */
  run(script: Script, keys: readonly string[], call: Call): Promise<Buffer> {
    const ends = call.ends ?? performance.now() + this.#budget.milliseconds;
    const starting = this.#connection.startingFor(keys[0] as string);
    if (starting === undefined) this.#startsSlowly = false;
    if (starting === undefined || this.#startsSlowly) return this.#send(script, keys, call, ends);
    return this.#budget.watch(
      // One that was given up meanwhile is not made: it would be charged for a request that is decided.
      starting.then(() => {
        if (performance.now() < ends) return this.#send(script, keys, call, ends);
        throw undone("is not connected yet");
      }),
      ends,
      () => {
        this.#startsSlowly = true;
      },
    );
  }

  /** Calls a script whose answer nobody waits for, also where the server has not answered lately. */
  tell(script: Script, keys: readonly string[], words: Words): void {
    if (this.#connection.stands) this.#call(script, keys, words).catch(() => undefined);
  }

  #send(script: Script, keys: readonly string[], call: Call, ends: number): Promise<Buffer> {
    if (this.#connection.closed) return Promise.reject(undone("is closed: this Flux was closed"));
    if (!this.#connection.stands)
      return Promise.reject(undone("is not connected; the connection is tried again"));
    const { breaker, clock } = this.#connection.servers.of(keys[0] as string);
    if (!clock.known) return Promise.reject(undone("has not told its time yet"));
    if (!breaker.permits())
      return Promise.reject(undone("has not answered lately; it is asked again from time to time"));
    this.#cork();
    const silent = () => breaker.silent();
    const late = (reply: Buffer) => {
      breaker.stirs();
      call.late?.(reply);
    };
    return this.#budget.watch(this.#call(script, keys, call.words(clock)), ends, silent, late).then(
      (reply) => {
        breaker.answered();
        return reply;
      },
      (error) => {
        if (error instanceof FluxError) throw error;
        breaker.answered();
        throw callFailure(error);
      },
    );
  }

  #call(script: Script, keys: readonly string[], words: Words): Promise<Buffer> {
    const { client } = this.#connection;
    const reply = client.callBuffer("EVALSHA", script.sha, keys.length, ...keys, ...words);
    return reply.then(undefined, (error) => {
      // Nothing was done: the server did not know the script (a restart, SCRIPT FLUSH). It may be late by
      // now; what must not be done late says so itself.
      if (!(error instanceof Error && error.message.includes("NOSCRIPT"))) throw error;
      return client.callBuffer("EVAL", script.text, keys.length, ...keys, ...words);
    }) as Promise<Buffer>;
  }

  /** What one turn of the process sends goes out in one write. */
  #cork(): void {
    const { client } = this.#connection;
    if (this.#corked || client instanceof Cluster) return;
    const { stream } = client;
    this.#corked = true;
    stream.cork();
    process.nextTick(() => {
      this.#corked = false;
      stream.uncork();
    });
  }
}
