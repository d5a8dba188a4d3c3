/** A server of main.ts as its driver sees it. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { path } from "../scenario/app.ts";
import type { Told, Used } from "./main.ts";
import type { Served } from "./ways.ts";

const main = fileURLToPath(new URL("main.ts", import.meta.url));
/** ms until a server that does not end by itself is ended. */
const patience = 5_000;

export class Server {
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  #port = 0;

  private constructor(served: Served) {
    this.#child = fork(main, [JSON.stringify(served)], {
      execArgv: [],
      env: { ...process.env, NODE_ENV: "production" },
    });
    this.#gone = new Promise((resolve) => {
      this.#child.once("exit", () => resolve());
      this.#child.once("error", () => resolve());
    });
  }

  /** Starts it, and waits until it listens. */
  static async start(served: Served): Promise<Server> {
    const server = new Server(served);
    const { port } = (await server.#told()) as { port: number };
    server.#port = port;
    return server;
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** The address of the route. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}${path}`;
  }

  async used(): Promise<Used> {
    const told = this.#told();
    this.#child.send("used");
    return (await told) as Used;
  }

  /** Ends it, and waits until it is gone. Harmless twice. */
  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    const late = setTimeout(() => this.#child.kill("SIGKILL"), patience);
    await this.#gone;
    clearTimeout(late);
  }

  #told(): Promise<Told> {
    return new Promise((resolve, reject) => {
      this.#child.once("message", resolve as (told: unknown) => void);
      this.#gone.then(() => reject(new Error("a server ended before it was asked to")));
    });
  }
}
