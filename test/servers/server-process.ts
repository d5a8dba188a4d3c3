/**
 * A server as a child process that cannot outlive the tests: it is ended by `end`, and, should this
 * process die in whatever way, by a shell that waits for its input to close.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";

export interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** A temporary directory of the server's own, where its log is written. */
  readonly directory: string;
  readonly environment?: NodeJS.ProcessEnv | undefined;
  /** Who runs it; default: who runs the tests. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** What ends it and all that it has started. */
  readonly endSignal: "SIGKILL" | "SIGQUIT";
}

/** Ends the server unless it reads a line, which says that the server is gone already. */
const watch = `
if read -r line; then exit 0; fi
kill -s "$1" "$2"
kill -s CONT "$2"
sleep 1
kill -s KILL "$2"
rm -rf "$3"
`;

export class ServerProcess {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #command: ServerCommand;
  readonly #exited: Promise<void>;

  constructor(command: ServerCommand) {
    const log = openSync(join(command.directory, "log"), "a");
    this.#command = command;
    this.#child = spawn(command.program, command.args, {
      cwd: command.directory,
      stdio: ["ignore", log, log],
      // Apart from the terminal, so that Ctrl-C reaches the tests alone.
      detached: true,
      env: { ...process.env, ...command.environment },
      ...command.user,
    });
    closeSync(log);
    this.#child.unref();
    this.#exited = new Promise((resolve) => {
      this.#child.once("exit", () => resolve());
      this.#child.once("error", () => resolve());
    });
    if (this.#child.pid === undefined) throw new Error(`${command.program} could not be started`);
    this.pid = this.#child.pid;
    this.#watch();
  }

  #watch(): void {
    const { endSignal, directory } = this.#command;
    const args = ["-c", watch, "watch", endSignal.slice(3), `${this.pid}`, directory];
    const watchdog = spawn("sh", args, { detached: true, stdio: ["pipe", "ignore", "ignore"] });
    watchdog.unref();
    // A pipe is a socket, whose types hide that it can be let go of.
    (watchdog.stdin as unknown as { unref(): void }).unref();
    watchdog.stdin.on("error", () => undefined);
    watchdog.on("error", () => undefined);
    this.#exited.then(() => watchdog.stdin.end("gone\n"));
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.running) process.kill(this.pid, signal);
  }

  /** Ends it, whatever state it is in, and waits until it is gone. */
  async end(signal: NodeJS.Signals = this.#command.endSignal): Promise<void> {
    this.#child.ref();
    this.signal(signal);
    this.signal("SIGCONT");
    await this.#exited;
  }

  /** Waits until it answers. @throws Error with the log's end, where it dies or never does. */
  async ready(answers: () => Promise<boolean>, patience = 20_000): Promise<void> {
    const deadline = Date.now() + patience;
    while (!(await answers().catch(() => false))) {
      if (!this.running || Date.now() > deadline) {
        const state = this.running ? "does not answer" : "ended";
        const log = this.log();
        await this.end("SIGKILL");
        throw new Error(`${this.#command.program} ${state}:\n${log}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** The end of what it has written. */
  log(): string {
    return readFileSync(join(this.#command.directory, "log"), "utf8").slice(-2_000);
  }
}

export async function removeDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}
