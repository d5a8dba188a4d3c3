/**
 * What a process has that `processes.ts` has started: its arguments, a line to tell things on, and the
 * starting signal. It ends when its parent does, since its input closes then.
 */
import { createInterface } from "node:readline";

const input = createInterface({ input: process.stdin });
const waiting: (() => void)[] = [];
let signals = 0;

input.on("line", () => {
  const next = waiting.shift();
  if (next === undefined) signals++;
  else next();
});
input.on("close", () => process.exit(1));

/** What the process was given. */
export function workerArguments<T>(): T {
  return JSON.parse(process.argv[2] as string) as T;
}

/** Tells the test something: any JSON, a line each. */
export function tell(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Says that it is ready, and waits until all others are too, and the test gives the signal. */
export async function ready(): Promise<void> {
  tell("ready");
  if (signals > 0) signals--;
  else await new Promise<void>((resolve) => waiting.push(resolve));
}

/** Ends the process as soon as all that was told is written. */
export function finish(): void {
  process.stdout.write("", () => process.exit(0));
}
