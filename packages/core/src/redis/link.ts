/** The way to the server: a script call within the time budget, made once. */
import { createHash } from "node:crypto";
import { Cluster, type Redis } from "ioredis";
import { FluxError } from "../errors.ts";
import { Breaker } from "./breaker.ts";
import { createClient } from "./client.ts";
import type { StoreSettings } from "./options.ts";
import { ServerClock } from "./server-clock.ts";
import { slotOf } from "./slot.ts";
import { TimeBudget } from "./time-budget.ts";

export class Script {
  readonly text: string;
  readonly sha: string;
  constructor(text: string) {
    this.text = text;
    this.sha = createHash("sha1").update(text).digest("hex");
  }
}

export class Link {
  readonly clock = new ServerClock();
  readonly client: Redis | Cluster;
  readonly #budget: TimeBudget;
  readonly #scripts: readonly Script[];
  /** One for each server: of a cluster's nodes one may be silent while the others answer. */
  readonly #breakers = new Map<string, Breaker>();
  /** Until the first connection stands or fails, calls wait for it. */
  #starting: Promise<void> | undefined;
  #corked = false;
  #closed = false;

  constructor(settings: StoreSettings, scripts: readonly Script[]) {
    this.client = createClient(settings);
    this.#budget = new TimeBudget(settings.timeout);
    this.#scripts = scripts;
    // Whoever is charged hears of it; an event without a listener would end the process.
    this.client.on("error", () => undefined);
    this.client.on("ready", () => {
      this.#breakers.clear();
      this.#prepare().catch(() => undefined);
    });
  }

  /** @throws FluxError `store_unavailable` where the first connection fails; it goes on trying. */
  async connect(): Promise<void> {
    const first = Promise.resolve(this.client.connect());
    this.#starting = first
      .then(() => this.#prepare())
      .finally(() => {
        this.#starting = undefined;
      });
    // Who waits for it hears of it by its own call.
    this.#starting.catch(() => undefined);
    try {
      await this.#starting;
    } catch (error) {
      if (error instanceof FluxError) throw error;
      throw unavailable(`cannot be reached: ${reasonOf(error)}`, error);
    }
  }

  /**
   * Calls a script once.
   * @param keys all under one hash tag.
   * @throws FluxError `store_unavailable` where no answer came in time, or an error.
   */
  run(script: Script, keys: readonly string[], words: () => readonly string[]): Promise<number[]> {
    const starting = this.#starting;
    if (starting === undefined) return this.#send(script, keys, words());
    return this.#budget.watch(
      starting.then(() => this.#send(script, keys, words())),
      () => undefined,
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.client.disconnect();
  }

  /** Whether the connection stands, so that something may be told that nobody waits for. */
  get stands(): boolean {
    return this.client.status === "ready";
  }

  #send(script: Script, keys: readonly string[], words: readonly string[]): Promise<number[]> {
    if (this.#closed) return Promise.reject(unavailable("is closed: this Flux was closed"));
    if (this.client.status !== "ready")
      return Promise.reject(unavailable("is not connected; the connection is tried again"));
    const breaker = this.#breakerOf(keys[0] as string);
    if (!breaker.permits())
      return Promise.reject(
        unavailable("has not answered lately; it is asked again from time to time"),
      );
    this.#cork();
    const { client } = this;
    const reply = client.evalsha(script.sha, keys.length, ...keys, ...words).catch((error) => {
      // Nothing was done: the server did not know the script (a restart, SCRIPT FLUSH).
      if (!isUnknownScript(error)) throw error;
      return client.eval(script.text, keys.length, ...keys, ...words);
    });
    return this.#budget
      .watch(reply as Promise<number[]>, () => breaker.silent())
      .then(
        (value) => {
          breaker.answered();
          return value;
        },
        (error) => {
          if (error instanceof FluxError) throw error;
          breaker.answered();
          throw unavailable(`refused: ${reasonOf(error)}`, error);
        },
      );
  }

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

  #breakerOf(key: string): Breaker {
    const { client } = this;
    const node = client instanceof Cluster ? (client.slots[slotOf(key)]?.[0] ?? "") : "";
    let breaker = this.#breakers.get(node);
    if (breaker === undefined) {
      breaker = new Breaker();
      this.#breakers.set(node, breaker);
    }
    return breaker;
  }

  /** Loads the scripts and reads the clock, so that the first request finds all in place. */
  async #prepare(): Promise<void> {
    const { client } = this;
    const nodes = client instanceof Cluster ? client.nodes("master") : [client];
    await Promise.all(
      nodes.map(async (node) => {
        const [[seconds, micros]] = await Promise.all([
          node.time() as unknown as Promise<[string | number, string | number]>,
          ...this.#scripts.map(({ text }) => node.script("LOAD", text)),
        ]);
        this.clock.read(Number(seconds) * 1e6 + Number(micros));
      }),
    );
  }
}

export function unavailable(what: string, cause?: unknown): FluxError {
  return new FluxError("store_unavailable", `redisStore: the server ${what}.`, { cause });
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

const isUnknownScript = (error: unknown) =>
  error instanceof Error && error.message.includes("NOSCRIPT");
