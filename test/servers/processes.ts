/**
 * Several Node processes at once, each running the same module with arguments of its own. Such a module
 * imports sources by relative paths (names of packages lead to what is built), and speaks by `worker.ts`.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** It runs TypeScript as it is, which the Node of whoever runs the tests may not. */
const installed = join(import.meta.dirname, "../../node_modules/.bin/node");
const node = existsSync(installed) ? installed : process.execPath;

export interface StartedProcess {
  readonly pid: number;
  /** What it has told so far, without its `"ready"`s. */
  readonly told: readonly unknown[];
  /** Waits until it says that it is ready for the next signal. @throws Error where it ends before. */
  ready(): Promise<void>;
  /** Lets it go on. */
  go(): void;
  /** SIGKILL, unless another signal is named. Waits until it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Waits for its end. @returns what it has told. @throws Error with its errors, where it fails. */
  finished(): Promise<readonly unknown[]>;
}

/** @param module the module's path. @param args what each process is given, as JSON. */
export function startProcesses(module: string, args: readonly unknown[]): StartedProcess[] {
  return args.map((given) => new NodeProcess(module, given));
}

/** Starts them, lets all go at the same time, and gives what each has told when all have ended. */
export async function runTogether<T>(
  module: string,
  args: readonly unknown[],
): Promise<(readonly T[])[]> {
  const processes = startProcesses(module, args);
  try {
    await Promise.all(processes.map((each) => each.ready()));
    for (const each of processes) each.go();
    return await Promise.all(
      processes.map(async (each) => (await each.finished()) as readonly T[]),
    );
  } finally {
    await Promise.all(processes.map((each) => each.kill()));
  }
}

class NodeProcess implements StartedProcess {
  readonly pid: number;
  readonly told: unknown[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #errors = "";
  /** How often it has said that it is ready, and was not asked yet. */
  #readiness = 0;
  #wake: (() => void)[] = [];

  constructor(module: string, given: unknown) {
    const child = spawn(node, [module, JSON.stringify(given)], { stdio: ["pipe", "pipe", "pipe"] });
    this.#child = child;
    this.pid = child.pid ?? 0;
    child.stdin.on("error", () => undefined);
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#errors = `${this.#errors}${text}`.slice(-4_000);
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      const value: unknown = JSON.parse(line);
      if (value === "ready") this.#readiness++;
      else this.told.push(value);
      this.#wakeAll();
    });
    this.#ended = new Promise((resolve) => {
      child.once("close", () => resolve());
      child.once("error", () => resolve());
    });
    this.#ended.then(() => this.#wakeAll());
  }

  #wakeAll(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  get #running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async ready(): Promise<void> {
    while (this.#readiness === 0) {
      if (!this.#running) throw this.#failure();
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
    this.#readiness--;
  }

  go(): void {
    this.#child.stdin?.write("go\n");
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (this.#running) this.#child.kill(signal);
    await this.#ended;
  }

  async finished(): Promise<readonly unknown[]> {
    await this.#ended;
    if (this.#child.exitCode !== 0) throw this.#failure();
    return this.told;
  }

  #failure(): Error {
    const { exitCode, signalCode } = this.#child;
    return new Error(`process ${this.pid} ended with ${signalCode ?? exitCode}:\n${this.#errors}`);
  }
}
