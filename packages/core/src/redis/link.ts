/** A script call: within the time budget, and made once. */
import { Cluster, Command, type Redis } from "ioredis";
import { FluxError } from "../errors.ts";
import type { Breaker } from "./breaker.ts";
import type { Connection } from "./connection.ts";
import { callFailure, undone } from "./failures.ts";
import type { Script } from "./script.ts";
import type { Server } from "./servers.ts";
import { TimeBudget } from "./time-budget.ts";

/** How many calls are put together before they are sent. */
const callsInOneWrite = 16;

/** The arguments of a call. */
export type Words = readonly (string | Buffer)[];

export interface Call<T> {
  /**
   * Made when the call is sent.
   * @param server that it is sent to: its time is known.
   */
  readonly words: (server: Server) => Words;
  /**
   * What an answer in time means; throws what the call is rejected with.
   * @param server that it is from.
   */
  readonly read: (reply: Buffer, server: Server) => T | Promise<T>;
  /** When nobody waits any more, ms of the monotonic clock; default: when the time budget is over. */
  readonly ends?: number;
  /** Told what is answered after that. */
  readonly late?: (reply: Buffer) => void;
  /** Whether it has time: then it is made while others are not, and its silence is nobody's concern. */
  readonly patient?: boolean;
}

export class Link {
  readonly #connection: Connection;
  readonly #budget: TimeBudget;
  /** Whether a call has waited a whole budget for a connection that is being made: then none waits. */
  #startsSlowly = false;
  /** Calls of this turn so far. */
  #corked = 0;

  /** @param timeout the time budget, ms. */
  constructor(connection: Connection, timeout: number) {
    this.#connection = connection;
    this.#budget = new TimeBudget(timeout);
  }

  /**
   * Calls a script once.
   * @param keys all under one hash tag.
   * @returns what the call reads in the answer.
   * @throws FluxError `store_unavailable` where no answer came in time, or an error.
   */
  run<T>(script: Script, keys: readonly string[], call: Call<T>): Promise<T> {
    const ends = call.ends ?? performance.now() + this.#budget.milliseconds;
    const starting = this.#connection.startingFor(keys[0] as string);
    if (starting === undefined) this.#startsSlowly = false;
    const waits = starting !== undefined && !this.#startsSlowly;
    let server: Server | undefined;
    let breaker: Breaker | undefined;
    const send = () => {
      // One that was given up meanwhile is not made: it would be charged for a request that is decided.
      if (waits && performance.now() >= ends) throw undone("is not connected yet");
      server = this.#serverOf(keys[0] as string);
      // Before the breaker is asked: who is let through must tell it how it went.
      const words = call.words(server);
      if (call.patient !== true) {
        if (!server.breaker.permits())
          throw undone("has not answered lately; it is asked again from time to time");
        breaker = server.breaker;
      }
      this.#cork();
      return this.#call(script, keys, words);
    };
    let reply: Promise<Buffer>;
    try {
      reply = waits ? starting.then(send) : send();
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#budget.watch(reply, ends, {
      answered: (answer) => {
        breaker?.answered();
        return call.read(answer, server as Server);
      },
      failed: (error) => {
        if (error instanceof FluxError) return error;
        breaker?.answered();
        return callFailure(error);
      },
      silent: () => {
        if (breaker !== undefined) breaker.silent();
        else if (waits) this.#startsSlowly = true;
      },
      late: (late) => {
        breaker?.stirs();
        call.late?.(late);
      },
    });
  }

  /** Calls a script whose answer nobody waits for, also where the server has not answered lately. */
  tell(script: Script, keys: readonly string[], words: Words): void {
    if (this.#connection.stands) this.#call(script, keys, words).catch(() => undefined);
  }

  /** @throws FluxError `store_unavailable` where no call can be made. */
  #serverOf(key: string): Server {
    if (!this.#connection.stands) throw undone(this.#connection.absence);
    const server = this.#connection.servers.of(key);
    if (!server.clock.known) throw undone("has not told its time yet");
    return server;
  }

  #call(script: Script, keys: readonly string[], words: Words): Promise<Buffer> {
    const { client } = this.#connection;
    // The client takes its time to tell what commands with capital letters are.
    const reply = send(client, "evalsha", [script.sha, keys.length, ...keys, ...words]);
    return reply.then(undefined, (error) => {
      // Nothing was done: the server did not know the script (a restart, SCRIPT FLUSH). It may be late by
      // now; what must not be done late says so itself.
      if (!(error instanceof Error && error.message.includes("NOSCRIPT"))) throw error;
      return send(client, "eval", [script.text, keys.length, ...keys, ...words]);
    });
  }

  /**
   * What one turn of the process sends goes out in a few writes: not in one, since the server would have
   * nothing to do until the turn is over, and this process nothing until the server has done it all.
   */
  #cork(): void {
    const { client } = this.#connection;
    if (client instanceof Cluster) return;
    const { stream } = client;
    if (this.#corked === 0) {
      stream.cork();
      process.nextTick(() => {
        this.#corked = 0;
        stream.uncork();
      });
    } else if (this.#corked % callsInOneWrite === 0) {
      stream.uncork();
      stream.cork();
    }
    this.#corked++;
  }
}

/** @returns the answer's bytes. */
function send(
  client: Redis | Cluster,
  name: string,
  words: (string | number | Buffer)[],
): Promise<Buffer> {
  return client.sendCommand(new Command(name, words, { replyEncoding: null })) as Promise<Buffer>;
}
