/** Files for one test: a directory that is removed after it, and stores that are closed. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type SqliteStore, type SqliteStoreOptions, sqliteStore } from "@flux/core/sqlite";
import { onTestFinished } from "vitest";

/** The path of a file that there is not yet. */
export function newFile(): string {
  const directory = mkdtempSync(join(tmpdir(), "flux-sqlite-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, "flux.db");
}

export interface Clock {
  /** ms since the epoch. */
  now: number;
}

/** A store as one process has it. */
export function open(
  file: string,
  clock: Clock,
  options?: Omit<SqliteStoreOptions, "file">,
): SqliteStore {
  const store = sqliteStore({ file, ...options });
  // Before the directory goes: what was registered last is done first.
  onTestFinished(() => store.close());
  store.connect({ now: () => clock.now });
  return store;
}
