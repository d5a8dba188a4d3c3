/** A real redis-server for one test: on loopback, on a port of its own, keeping nothing on disk. */
import { mkdtemp, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { findProgram } from "./find.ts";
import { freePort } from "./free-port.ts";
import { removeDirectory, ServerProcess } from "./server-process.ts";

export interface RedisOptions {
  /** What redis-server is given besides, e.g. `["--maxmemory", "10mb"]`. */
  readonly args?: readonly string[] | undefined;
  /** Default: a free one. */
  readonly port?: number | undefined;
  /** Whether its clock can be set, by `setClock`; default: `false`. */
  readonly clock?: boolean | undefined;
  /** Whether the port that is 10,000 higher must be free too, as a cluster needs it; default: `false`. */
  readonly clustered?: boolean | undefined;
}

export type RedisReply = string | number | null | readonly RedisReply[];

export interface RedisServer {
  readonly host: string;
  readonly port: number;
  /** `redis://127.0.0.1:<port>` */
  readonly url: string;
  /** The process that runs now: another one after `restart`. */
  readonly pid: number;
  /** Sends one command, on a connection of its own. */
  command(...words: readonly (string | number)[]): Promise<RedisReply>;
  /** Drops all keys. */
  flush(): Promise<void>;
  /** Ends it and removes its files. Harmless twice. */
  stop(): Promise<void>;
  /** SIGKILL: connections break, the port refuses; `restart` brings it back. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open, and nothing is answered until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** Ends it where it runs, and starts it anew on the same port: empty, unless it keeps its keys on disk. */
  restart(): Promise<void>;
  /**
   * Sets how far its clock is off, in seconds, a fraction at will; only with `clock: true`.
   * It holds from the next command on.
   */
  setClock(offset: number): Promise<void>;
}

const host = "127.0.0.1";

/** Starts it and waits until it answers. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  for (let attempt = 1; ; attempt++) {
    const server = await LocalRedis.create(options);
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.stop();
      // Another test may have taken the port in the meantime.
      if (options.port !== undefined || attempt === 3) throw error;
    }
  }
}

/** Starts a replica, and waits until it is in step with its primary. */
export async function startReplica(
  of: Pick<RedisServer, "host" | "port">,
  { args = [], ...options }: RedisOptions = {},
): Promise<RedisServer> {
  const replicaOf = ["--replicaof", `${of.host} ${of.port}`];
  const replica = await startRedis({ ...options, args: [...replicaOf, ...args] });
  for (let i = 0; i < 1_000; i++) {
    if (`${await replica.command("INFO", "replication")}`.includes("master_link_status:up"))
      return replica;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await replica.stop();
  throw new Error("the replica does not reach its primary");
}

class LocalRedis implements RedisServer {
  readonly host = host;
  readonly port: number;
  readonly url: string;
  readonly #directory: string;
  readonly #options: RedisOptions;
  #process: ServerProcess | undefined;

  private constructor(port: number, directory: string, options: RedisOptions) {
    this.port = port;
    this.url = `redis://${host}:${port}`;
    this.#directory = directory;
    this.#options = options;
  }

  static async create(options: RedisOptions): Promise<LocalRedis> {
    const port = options.port ?? (await freePort(options.clustered ? 10_000 : undefined));
    const directory = await mkdtemp(join(tmpdir(), "flux-redis-"));
    const server = new LocalRedis(port, directory, options);
    if (options.clock) await server.setClock(0);
    return server;
  }

  async start(): Promise<void> {
    const { args = [], clock } = this.#options;
    this.#process = new ServerProcess({
      program: findProgram("redis-server"),
      args: [
        ...["--port", `${this.port}`, "--bind", host, "--daemonize", "no"],
        ...["--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0"],
        ...args,
      ],
      directory: this.#directory,
      environment: clock ? this.#fakeClock() : undefined,
      endSignal: "SIGKILL",
    });
    const { pid } = this.#process;
    await this.#process.ready(async () =>
      `${await this.command("INFO", "server")}`.includes(`process_id:${pid}\r`),
    );
  }

  get pid(): number {
    if (this.#process === undefined) throw new Error("redis-server does not run");
    return this.#process.pid;
  }

  async command(...words: readonly (string | number)[]): Promise<RedisReply> {
    const client = new Redis({
      ...{ host, port: this.port, lazyConnect: true, connectTimeout: 1_000 },
      ...{ retryStrategy: null, enableReadyCheck: false, maxRetriesPerRequest: 0 },
    });
    client.on("error", () => undefined);
    try {
      await client.connect();
      const [name = "PING", ...rest] = words;
      return (await client.call(`${name}`, ...rest)) as RedisReply;
    } finally {
      client.disconnect();
    }
  }

  async flush(): Promise<void> {
    await this.command("FLUSHALL");
  }

  async stop(): Promise<void> {
    await this.#process?.end();
    await removeDirectory(this.#directory);
  }

  async kill(): Promise<void> {
    await this.#process?.end("SIGKILL");
  }

  freeze(): void {
    this.#process?.signal("SIGSTOP");
  }

  thaw(): void {
    this.#process?.signal("SIGCONT");
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  async setClock(offset: number): Promise<void> {
    if (!this.#options.clock) throw new Error("setClock needs startRedis({ clock: true })");
    // In one step: the server reads the file at every look at its clock.
    const draft = join(this.#directory, "clock-draft");
    await writeFile(draft, `${offset < 0 ? "" : "+"}${offset.toFixed(6)}`);
    await rename(draft, this.#clockFile);
  }

  get #clockFile(): string {
    return join(this.#directory, "clock");
  }

  #fakeClock(): NodeJS.ProcessEnv {
    return {
      // The C library comes next, so that its allocator serves the server: jemalloc, which the server
      // brings along, asks for the time before the faked clock is ready to tell it.
      LD_PRELOAD: `${findProgram("libfaketimeMT.so.1")}:libc.so.6`,
      FAKETIME_TIMESTAMP_FILE: this.#clockFile,
      FAKETIME_NO_CACHE: "1",
      // What measures spans goes on as it is, so that no timeout is hit by a step.
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    };
  }
}
