import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A process that runs `child.ts`. It is ended with the test. */
export class Child {
  readonly #process: ChildProcess;
  readonly #exited: Promise<void>;
  #said = "";
  #heard: () => void = () => undefined;

  constructor(what: "drain" | "create" | "settle" | "hold", file: string, ...rest: string[]) {
    const script = join(import.meta.dirname, "child.ts");
    this.#process = spawn(process.execPath, [script, what, file, ...rest], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#process.stdout?.on("data", (data: Buffer) => {
      this.#said += data.toString();
      this.#heard();
    });
    this.#exited = new Promise((resolve) => this.#process.once("close", () => resolve()));
    onTestFinished(() => this.kill());
  }

  /** Resolves when the file is open. */
  async ready(): Promise<this> {
    await this.#until(() => this.#said.includes("ready\n"));
    return this;
  }

  begin(when = "now"): void {
    this.#process.stdin?.write(`${when}\n`);
  }

  /** Resolves when so many charges were acknowledged. */
  acknowledged(count: number): Promise<void> {
    return this.#until(() => this.dots >= count);
  }

  /** Charges that were acknowledged. */
  get dots(): number {
    return this.#said.length - "ready\n".length;
  }

  /** `kill -9`, and waits for the end. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#exited;
  }

  /** Waits until it ends by itself. */
  async end(): Promise<number | null> {
    await this.#exited;
    return this.#process.exitCode;
  }

  #until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#heard = () => {
        if (isSo()) resolve();
      };
      this.#heard();
      void this.#exited.then(() => reject(new Error(`the child has ended; it said ${this.#said}`)));
    });
  }
}
