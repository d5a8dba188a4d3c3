/**
 * How many count together: each store tells the server from time to time that it is there. A process with
 * several stores on one prefix counts several times, and admits the less for it while it is on its own.
 */
import { randomUUID } from "node:crypto";
import { within } from "../support/within.ts";
import type { Connection } from "./connection.ts";

/** ms */
const beat = { every: 5_000, lasts: 30_000, kept: 60_000 } as const;

export class Census {
  readonly #connection: Connection;
  readonly #key: string;
  readonly #name = randomUUID();
  #count = 1;
  #timer: ReturnType<typeof setInterval> | undefined;
  #stopped = false;

  constructor(connection: Connection, prefix: string) {
    this.#connection = connection;
    this.#key = `${prefix}:{processes}`;
  }

  /** At least 1; the last count that the server gave. */
  get count(): number {
    return this.#count;
  }

  start(): void {
    if (this.#timer !== undefined || this.#stopped) return;
    this.#timer = setInterval(this.#tellNow, beat.every);
    this.#timer.unref?.();
    this.#connection.onPrepared(this.#tellNow);
    this.#tellNow();
  }

  /** @param milliseconds how long the last word may take. */
  async stop(milliseconds: number): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    if (!this.#connection.stands) return;
    const gone = this.#connection.client.zrem(this.#key, this.#name);
    await within(gone, milliseconds, "the last word").catch(() => undefined);
  }

  readonly #tellNow = () => {
    this.#tell().catch(() => undefined);
  };

  async #tell(): Promise<void> {
    const key = this.#key;
    const { clock } = this.#connection.servers.of(key);
    if (this.#stopped || !this.#connection.stands || !clock.known) return;
    const now = Math.floor(clock.now() / 1_000);
    const replies = await this.#connection.client
      .pipeline()
      .zadd(key, now, this.#name)
      .zremrangebyscore(key, "-inf", now - beat.lasts)
      .zcard(key)
      .pexpire(key, beat.kept)
      .exec();
    const count = Number(replies?.[2]?.[1]);
    if (Number.isSafeInteger(count) && count >= 1) this.#count = count;
  }
}
