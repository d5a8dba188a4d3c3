/** How many stores count together: each tells the server from time to time that it is there. */
import { randomUUID } from "node:crypto";
import type { Link } from "./link.ts";

/** ms */
const beat = { every: 5_000, lasts: 30_000, kept: 60_000 } as const;

export class Census {
  readonly #link: Link;
  readonly #key: string;
  readonly #name = randomUUID();
  #count = 1;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(link: Link, prefix: string) {
    this.#link = link;
    this.#key = `${prefix}:{processes}`;
  }

  /** At least 1; the last count that the server gave. */
  get count(): number {
    return this.#count;
  }

  async start(): Promise<void> {
    if (this.#timer !== undefined) return;
    const tell = () => void this.#tell().catch(() => undefined);
    this.#timer = setInterval(tell, beat.every);
    this.#timer.unref?.();
    this.#link.prepared = tell;
    await this.#tell().catch(() => undefined);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#link.stands) await this.#link.client.zrem(this.#key, this.#name).catch(() => 0);
  }

  async #tell(): Promise<void> {
    const { link, key } = { link: this.#link, key: this.#key };
    const clock = link.clockOf(key);
    if (!link.stands || !clock.known) return;
    const now = Math.floor(clock.now() / 1_000);
    const replies = await link.client
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
