import type { DatabaseSync } from "node:sqlite";
import { FluxError } from "../errors.ts";
import { isBusy, lockedTooLong, unusable } from "./failures.ts";
import type { StoreSettings } from "./options.ts";
import { pause } from "./pause.ts";
import { ensureTables, isOurs } from "./schema.ts";

/** ms that a start waits for others who start, or make the file, at the same moment. */
const patience = 5_000;

/**
 * Opens the file, and makes its tables where it is new.
 * @throws FluxError `runtime_unsupported`; `config_invalid` where the file cannot be used;
 *   `store_unavailable` where another process has it locked.
 */
export function openDatabase(settings: StoreSettings): DatabaseSync {
  const { file } = settings;
  const { DatabaseSync } = loadSqlite();
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    prepareFile(database, settings);
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof FluxError) throw error;
    throw isBusy(error)
      ? lockedTooLong(file, patience, "what a start waits", error)
      : unusable(file, error);
  }
}

/** Asked for only here, so that importing this room fails nowhere. */
function loadSqlite(): typeof import("node:sqlite") {
  const { process } = globalThis as { process?: Partial<NodeJS.Process> };
  const sqlite = process?.getBuiltinModule?.("node:sqlite");
  if (sqlite !== undefined) return sqlite;
  const version = process?.versions?.node;
  throw new FluxError(
    "runtime_unsupported",
    `sqliteStore: needs node:sqlite, which Node has from 22.13 on; this is ${version === undefined ? "not Node" : `Node ${version}`}.`,
  );
}

function prepareFile(database: DatabaseSync, { file, durability }: StoreSettings): void {
  database.exec(`PRAGMA busy_timeout = ${patience}`);
  isOurs(database, file);
  // Readers never wait for a writer then, nor it for them, and a commit is one write, with no wait for the disk.
  const mode = retried(() => database.prepare("PRAGMA journal_mode = WAL").get()) as
    | { journal_mode?: unknown }
    | undefined;
  if (mode?.journal_mode !== "wal")
    throw new FluxError(
      "config_invalid",
      `sqliteStore: ${file} is on a file system without shared memory between processes. Put it on a disk of this machine.`,
    );
  database.exec(`PRAGMA synchronous = ${durability === "power" ? "FULL" : "NORMAL"}`);
  // macOS: only this reaches the disk's own cache. Elsewhere it means nothing.
  if (durability === "power") database.exec("PRAGMA fullfsync = ON");
  // What a long reader has let the -wal file grow to is given back afterwards.
  database.exec("PRAGMA journal_size_limit = 67108864");
  database.exec("BEGIN IMMEDIATE");
  ensureTables(database, file);
  // A file that may only be read is found out now: SQLite tells it no sooner than by a write.
  database.exec("UPDATE file SET id = id");
  database.exec("COMMIT");
  // From here on the store waits by itself.
  database.exec("PRAGMA busy_timeout = 0");
}

/** SQLite does not wait by itself where two change a file's mode at once. */
function retried<Result>(attempt: () => Result): Result {
  const ends = performance.now() + patience;
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error) || performance.now() > ends) throw error;
      pause(2);
    }
  }
}
