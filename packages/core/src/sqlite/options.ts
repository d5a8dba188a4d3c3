import { resolve } from "node:path";
import { FluxError } from "../errors.ts";
import { type Duration, parseDuration } from "../support/duration.ts";
import { show } from "../support/show.ts";

/** Where the store's file is, and what it promises. */
export interface SqliteStoreOptions {
  /**
   * The file, made where there is none; its directory must exist. A path, relative to the working
   * directory of the moment. It must be on a disk of this machine: no network file system.
   */
  readonly file: string;
  /**
   * How long a charge may wait for another process's write, 0 to 10 s; default: `"50ms"`. Nothing else
   * runs in this process meanwhile.
   */
  readonly timeout?: Duration;
  /**
   * What an acknowledged charge survives; default: `"process"`.
   * - `"process"`: the end of the process, however it ends (`kill -9` too). After a power cut or a crash
   *   of the operating system, the charges of the last moments may be missing; the file is sound.
   * - `"power"`: those too. Every charge waits for the disk: milliseconds.
   */
  readonly durability?: "process" | "power";
}

export interface StoreSettings {
  /** An absolute path. */
  readonly file: string;
  /** ms */
  readonly timeout: number;
  readonly durability: "process" | "power";
}

const known = ["file", "timeout", "durability"] as const;

/** @throws FluxError `config_invalid`, with every mistake. */
export function readOptions(given: string | SqliteStoreOptions): StoreSettings {
  const options: SqliteStoreOptions = typeof given === "string" ? { file: given } : { ...given };
  const problems: string[] = [];
  for (const name of Object.keys(options))
    if (!(known as readonly string[]).includes(name))
      problems.push(`${name}: is no option. Known: ${known.join(", ")}.`);
  const { file, durability = "process" } = options;
  const wrong = wrongFile(file);
  if (wrong !== undefined) problems.push(`file: ${wrong}`);
  const timeout = parseDuration(options.timeout ?? 50);
  if (timeout === undefined || timeout > 10_000)
    problems.push(`timeout: expected a duration of at most 10 s, got ${show(options.timeout)}`);
  if (durability !== "process" && durability !== "power")
    problems.push(`durability: expected "process" or "power", got ${show(durability)}`);
  if (problems.length > 0)
    throw new FluxError("config_invalid", `sqliteStore: ${problems.join("\n  ")}`);
  return { file: resolve(file), timeout: timeout as number, durability };
}

function wrongFile(file: unknown): string | undefined {
  if (typeof file !== "string" || file === "") return `expected a path, got ${show(file)}`;
  if (file === ":memory:") return "nothing in memory is durable. Use memoryStore() for that.";
  if (file.startsWith("file:")) return `expected a path, not a URL, got ${show(file)}`;
  if (file.includes("\0")) return "a path cannot contain NUL";
  return undefined;
}
