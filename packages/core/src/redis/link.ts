/** The way to the server: a script call within the time budget, made once. */
import { createHash } from "node:crypto";
import { Cluster, type Redis } from "ioredis";
import { FluxError } from "../errors.ts";
import { createClient } from "./client.ts";
import { callFailure, reasonOf, withoutCommand } from "./failures.ts";
import type { StoreSettings } from "./options.ts";
import type { ServerClock } from "./server-clock.ts";
import { Servers } from "./servers.ts";
import { TimeBudget } from "./time-budget.ts";

export class Script {
  readonly text: string;
  readonly sha: string;
  constructor(text: string) {
    this.text = text;
    this.sha = createHash("sha1").update(text).digest("hex");
  }
}

/** The arguments of a call. */
export type Words = readonly (string | Buffer)[];

export interface Call {
  /** Made when the call is sent. */
  readonly words: () => Words;
  /** When nobody waits any more, ms of the monotonic clock; default: when the time budget is over. */
  readonly ends?: number;
  /** Told what is answered after that. */
  readonly late?: (reply: Buffer) => void;
}

/** ms */
const beginAgainAfter = 100;

export class Link {
  readonly client: Redis | Cluster;
  readonly #servers: Servers;
  readonly #budget: TimeBudget;
  readonly #scripts: readonly Script[];
  /** Until the first connection stands or fails, calls wait for it, unless it took a whole budget once. */
  #starting: Promise<void> | undefined;
  #startsSlowly = false;
  /** Called when a server has been connected to, again, and its time is known. */
  prepared: () => void = () => undefined;
  #corked = false;
  #closed = false;

  constructor(settings: StoreSettings, scripts: readonly Script[]) {
    this.client = createClient(settings);
    this.#servers = new Servers(this.client);
    this.#budget = new TimeBudget(settings.timeout);
    this.#scripts = scripts;
    // Whoever is charged hears of it; an event without a listener would end the process.
    this.client.on("error", () => undefined);
    // A sentinel's word at the wrong moment has the client give up, which nobody has asked it to.
    this.client.on("end", () => {
      if (!this.#closed) setTimeout(this.#beginAgain, beginAgainAfter).unref?.();
    });
    this.client.on("ready", () => {
      this.#servers.reconnected();
      this.#prepare().then(
        () => this.prepared(),
        () => undefined,
      );
    });
  }

  /** @throws FluxError `store_unavailable` where the first connection fails; it goes on trying. */
  connect(): Promise<void> {
    // The client only says that it failed; why, its event says.
    const failed = new Promise<never>((_resolve, reject) => this.client.once("error", reject));
    return this.#start(Promise.race([this.client.connect(), failed]));
  }

  /**
   * Calls a script once.
   * @param keys all under one hash tag.
   * @throws FluxError `store_unavailable` where no answer came in time, or an error.
   */
  run(script: Script, keys: readonly string[], call: Call): Promise<Buffer> {
    const ends = call.ends ?? performance.now() + this.#budget.milliseconds;
    // Without the server's time there is no deadline, and what is sent may be done at any time.
    if (this.#starting === undefined && this.stands && !this.clockOf(keys[0] as string).known)
      this.#start(Promise.resolve());
    const starting = this.#starting;
    if (starting === undefined || this.#startsSlowly) return this.#send(script, keys, call, ends);
    return this.#budget.watch(
      starting.then(() => this.#send(script, keys, call, ends)),
      ends,
      () => {
        this.#startsSlowly = true;
      },
    );
  }

  /** Calls a script whose answer nobody waits for, also where the server has not answered lately. */
  tell(script: Script, keys: readonly string[], words: Words): void {
    if (this.stands) this.#call(script, keys, words).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.client.disconnect();
  }

  /** The clock of the server that holds a key. */
  clockOf(key: string): ServerClock {
    return this.#servers.of(key).clock;
  }

  /** Whether the connection stands, so that something may be told that nobody waits for. */
  get stands(): boolean {
    return this.client.status === "ready";
  }

  /** Calls wait for it from now on, in as far as they can wait. */
  #start(connected: Promise<void>): Promise<void> {
    const starting = connected
      .then(() => this.#prepare())
      .catch((error) => {
        throw unavailable(`cannot be reached: ${reasonOf(error)}`, error);
      })
      .finally(() => {
        this.#starting = undefined;
        this.#startsSlowly = false;
      });
    // Who waits for it hears of it by its own call.
    starting.catch(() => undefined);
    this.#starting = starting;
    return starting;
  }

  #send(script: Script, keys: readonly string[], call: Call, ends: number): Promise<Buffer> {
    if (this.#closed) return Promise.reject(unavailable("is closed: this Flux was closed"));
    if (!this.stands)
      return Promise.reject(unavailable("is not connected; the connection is tried again"));
    const { breaker, clock } = this.#servers.of(keys[0] as string);
    if (!clock.known) return Promise.reject(unavailable("has not told its time yet"));
    if (!breaker.permits())
      return Promise.reject(
        unavailable("has not answered lately; it is asked again from time to time"),
      );
    this.#cork();
    const silent = () => breaker.silent();
    const late = (reply: Buffer) => {
      breaker.stirs();
      call.late?.(reply);
    };
    return this.#budget.watch(this.#call(script, keys, call.words()), ends, silent, late).then(
      (reply) => {
        breaker.answered();
        return reply;
      },
      (error) => {
        if (error instanceof FluxError) throw error;
        breaker.answered();
        throw unavailable(callFailure(error), error);
      },
    );
  }

  #call(script: Script, keys: readonly string[], words: Words): Promise<Buffer> {
    const { client } = this;
    const reply = client.callBuffer("EVALSHA", script.sha, keys.length, ...keys, ...words);
    return reply.then(undefined, (error) => {
      // Nothing was done: the server did not know the script (a restart, SCRIPT FLUSH).
      if (!isUnknownScript(error)) throw error;
      return client.callBuffer("EVAL", script.text, keys.length, ...keys, ...words);
    }) as Promise<Buffer>;
  }

  readonly #beginAgain = () => {
    if (!this.#closed && this.client.status === "end")
      Promise.resolve(this.client.connect()).catch(() => undefined);
  };

  /** What one turn of the process sends goes out in one write. */
  #cork(): void {
    if (this.#corked || this.client instanceof Cluster) return;
    const { stream } = this.client;
    this.#corked = true;
    stream.cork();
    process.nextTick(() => {
      this.#corked = false;
      stream.uncork();
    });
  }

  /** Loads the scripts and reads the clocks, so that the first request finds all in place. */
  async #prepare(): Promise<void> {
    await Promise.all(
      this.#servers.all().map(async ({ server, connection }) => {
        const sent = performance.now();
        const [[seconds, micros]] = await Promise.all([
          connection.time() as unknown as Promise<[string | number, string | number]>,
          ...this.#scripts.map(({ text }) => connection.script("LOAD", text)),
        ]);
        server.clock.read(Number(seconds) * 1e6 + Number(micros), sent);
      }),
    );
  }
}

export function unavailable(what: string, cause?: unknown): FluxError {
  return new FluxError("store_unavailable", `redisStore: the server ${what}.`, {
    cause: withoutCommand(cause),
  });
}

const isUnknownScript = (error: unknown) =>
  error instanceof Error && error.message.includes("NOSCRIPT");
