/** The store's own connection: how it begins, begins again, and finds all in place for the first call. */
import type { Cluster, Redis } from "ioredis";
import { within } from "../support/within.ts";
import { createClient } from "./client.ts";
import { reasonOf, unavailable } from "./failures.ts";
import type { StoreSettings } from "./options.ts";
import type { Script } from "./script.ts";
import { type Server, Servers } from "./servers.ts";

/** ms */
const beginAgainAfter = 100;
/** ms that a server may take to tell its time: a cluster's node may be silent from the start. */
const answersWithin = 2_000;

export class Connection {
  readonly client: Redis | Cluster;
  readonly servers: Servers;
  readonly #scripts: readonly Script[];
  readonly #listeners: (() => void)[] = [];
  #starting: Promise<void> | undefined;
  #closed = false;
  /** What last went wrong with the connection, in words. */
  #why = "";

  constructor(settings: StoreSettings, scripts: readonly Script[]) {
    this.client = createClient(settings);
    this.servers = new Servers(this.client);
    this.#scripts = scripts;
    // Whoever is charged hears of it; an event without a listener would end the process.
    this.client.on("error", (error) => {
      this.#why = ` (${reasonOf(error)})`;
    });
    // A sentinel's word at the wrong moment has the client give up, which nobody has asked it to.
    this.client.on("end", () => {
      if (!this.#closed) setTimeout(this.#beginAgain, beginAgainAfter).unref?.();
    });
    this.client.on("ready", () => {
      this.servers.reconnected();
      this.#prepare().then(
        () => {
          for (const listener of this.#listeners) listener();
        },
        () => undefined,
      );
    });
  }

  /** @throws FluxError `store_unavailable` where the first connection fails; it goes on trying. */
  connect(): Promise<void> {
    // The client only says that it failed; why, its event says. A cluster's says nothing at all where the
    // first node that it asks is silent, and connects by another one.
    const events = new Promise<void>((resolve, reject) => {
      this.client.once("ready", resolve);
      this.client.once("error", reject);
    });
    return this.#start(Promise.race([this.client.connect(), events]));
  }

  /** Resolves as soon as calls can be made. @throws FluxError `store_unavailable` where none can. */
  async ready(): Promise<void> {
    await this.#starting;
    if (!this.stands) throw unavailable(this.absence);
  }

  /** Why no call can be made while it does not stand. */
  get absence(): string {
    if (this.#closed) return "is closed: this Flux was closed";
    return `is not connected${this.#why}; the connection is tried again`;
  }

  /**
   * What calls wait for: a connection that is being made for the first time, or a server whose time is
   * not known. Without it there is no deadline, and what is sent may be done at any time.
   */
  startingFor(key: string): Promise<void> | undefined {
    if (!this.stands) return this.#starting;
    // Another server, whose time is still asked for, is no reason to wait.
    if (this.servers.of(key).clock.known) return undefined;
    return this.#starting ?? this.#start(Promise.resolve());
  }

  /** Whether it stands now. */
  get stands(): boolean {
    return this.client.status === "ready";
  }

  /** @param listener called each time a connection stands, and its server's time is known. */
  onPrepared(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#closed = true;
    this.client.disconnect();
  }

  #start(connected: Promise<void>): Promise<void> {
    const starting = connected
      .then(() => this.#prepare())
      .catch((error) => {
        throw unavailable(`cannot be reached: ${reasonOf(error)}`, error);
      })
      .finally(() => {
        this.#starting = undefined;
      });
    // Who waits for it hears of it by its own call.
    starting.catch(() => undefined);
    this.#starting = starting;
    return starting;
  }

  readonly #beginAgain = () => {
    if (!this.#closed && this.client.status === "end")
      Promise.resolve(this.client.connect()).catch(() => undefined);
  };

  /** Loads the scripts and reads the clocks, so that the first request finds all in place. */
  async #prepare(): Promise<void> {
    await Promise.all(
      this.servers
        .all()
        .map(({ server, connection }) =>
          within(this.#prepareServer(server, connection), answersWithin, "its first answer"),
        ),
    );
  }

  async #prepareServer({ clock }: Server, connection: Redis): Promise<void> {
    // The client goes on in database 0 where it may not have the one that it was told.
    const { db = 0 } = connection.options;
    if (db !== 0) await connection.select(db);
    const sent = performance.now();
    const [[seconds, micros]] = await Promise.all([
      connection.time() as unknown as Promise<[string | number, string | number]>,
      // Who may not load scripts sends the text with the first call.
      ...this.#scripts.map(({ text }) => connection.script("LOAD", text).catch(() => undefined)),
    ]);
    clock.read(Number(seconds) * 1e6 + Number(micros), sent);
  }
}
