/** A real PostgreSQL for one test: on loopback, on a port of its own, in a temporary directory. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { chown, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { findProgram } from "./find.ts";
import { freePort } from "./free-port.ts";
import { removeDirectory, ServerProcess } from "./server-process.ts";

const run = promisify(execFile);

export interface PostgresServer {
  readonly host: string;
  readonly port: number;
  /** `postgres://postgres@127.0.0.1:<port>/postgres`: the superuser, without a password. */
  readonly url: string;
  /** Ends it and removes its files. Harmless twice. */
  stop(): Promise<void>;
  /** SIGKILL for it and all that serve connections. */
  kill(): Promise<void>;
  /** SIGSTOP for it and all that serve connections: nothing is answered until `thaw`. Linux only. */
  freeze(): void;
  thaw(): void;
  /** Ends it where it runs, and starts it anew on the same port, with the same data. */
  restart(): Promise<void>;
}

const host = "127.0.0.1";

/** Makes a database directory, starts the server and waits until it answers. */
export async function startPostgres(): Promise<PostgresServer> {
  const initdb = findProgram("initdb");
  const program = findProgram("postgres");
  const user = await unprivileged();
  const directory = await mkdtemp(join(tmpdir(), "flux-postgres-"));
  if (user !== undefined) await chown(directory, user.uid, user.gid);
  const data = join(directory, "data");
  const kind = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"];
  await run(initdb, ["-D", data, "--no-sync", ...kind], { ...user, cwd: directory });
  for (let attempt = 1; ; attempt++) {
    const server = new LocalPostgres(program, directory, await freePort(), user);
    try {
      await server.start();
      return server;
    } catch (error) {
      // Another test may have taken the port in the meantime.
      if (attempt < 3) continue;
      await server.stop();
      throw error;
    }
  }
}

/** PostgreSQL refuses to run as root: root runs it as the user that its package has made. */
async function unprivileged(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = async (flag: string) => Number((await run("id", [flag, "postgres"])).stdout);
  return { uid: await idOf("-u"), gid: await idOf("-g") };
}

class LocalPostgres implements PostgresServer {
  readonly host = host;
  readonly port: number;
  readonly url: string;
  readonly #program: string;
  readonly #directory: string;
  readonly #user: { uid: number; gid: number } | undefined;
  #process: ServerProcess | undefined;

  constructor(
    program: string,
    directory: string,
    port: number,
    user: { uid: number; gid: number } | undefined,
  ) {
    this.port = port;
    this.url = `postgres://postgres@${host}:${port}/postgres`;
    this.#program = program;
    this.#directory = directory;
    this.#user = user;
  }

  async start(): Promise<void> {
    const settings = {
      port: this.port,
      listen_addresses: host,
      unix_socket_directories: "",
      // Nothing here has to survive a power cut; what was committed survives `kill`.
      fsync: "off",
      full_page_writes: "off",
      shared_buffers: "16MB",
      max_connections: 50,
    };
    const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    this.#process = new ServerProcess({
      program: this.#program,
      args: ["-D", join(this.#directory, "data"), ...options],
      directory: this.#directory,
      user: this.#user,
      // Ends all that serve connections, too, and asks nobody.
      endSignal: "SIGQUIT",
    });
    await this.#process.ready(() => this.#answers());
  }

  async #answers(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 2_000 });
    client.on("error", () => undefined);
    try {
      await client.connect();
      const found = await client.query<{ at: string }>(
        "SELECT current_setting('data_directory') AS at",
      );
      return found.rows[0]?.at === join(this.#directory, "data");
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    this.thaw();
    await this.#process?.end();
    await removeDirectory(this.#directory);
  }

  async kill(): Promise<void> {
    this.#signalChildren("SIGKILL");
    await this.#process?.end("SIGKILL");
  }

  freeze(): void {
    // First, so that it starts no more children, nor mourns those that stop.
    this.#process?.signal("SIGSTOP");
    this.#signalChildren("SIGSTOP");
  }

  thaw(): void {
    this.#signalChildren("SIGCONT");
    this.#process?.signal("SIGCONT");
  }

  async restart(): Promise<void> {
    this.thaw();
    await this.#process?.end();
    await this.start();
  }

  #signalChildren(signal: NodeJS.Signals): void {
    for (const child of this.#children())
      try {
        process.kill(child, signal);
      } catch {
        // It has ended in the meantime.
      }
  }

  /** Each of them is the leader of a group of its own: a signal to the server's group misses them. */
  #children(): number[] {
    const server = this.#process;
    if (server === undefined || !server.running) return [];
    return readdirSync("/proc").flatMap((entry) => {
      const pid = Number(entry);
      return Number.isInteger(pid) && parentOf(pid) === server.pid ? [pid] : [];
    });
  }
}

function parentOf(pid: number): number | undefined {
  try {
    // `pid (name) state parent …`; the name may hold anything.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}
