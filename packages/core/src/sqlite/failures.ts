/** What SQLite says went wrong, as errors of Flux. */
import { FluxError } from "../errors.ts";

/** SQLite's primary result codes (sqlite.org/rescode.html) that are told apart. */
const codes = {
  busy: 5,
  readOnly: 8,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

const advice: { readonly [code: number]: string } = {
  [codes.readOnly]: "This process may not write it, or its directory. Both must be writable.",
  [codes.corrupt]:
    "The file is damaged: put a backup in its place, or remove it and its -wal file.",
  [codes.full]: "The disk is full.",
  [codes.cannotOpen]:
    "Its directory must exist, and this process must be allowed to write in it; the file itself may be missing.",
  [codes.notADatabase]: "The file is no SQLite database. Name another one.",
};

/** Whether another process's lock is all that was in the way. */
export function isBusy(error: unknown): boolean {
  return codeOf(error) === codes.busy;
}

/** A file that cannot be used at all, found out at start. */
export function unusable(file: string, error: unknown): FluxError {
  return new FluxError("config_invalid", tell(file, "cannot be used", error), { cause: error });
}

/** A call that failed; nothing of it was written. */
export function unavailable(file: string, error: unknown): FluxError {
  return new FluxError("store_unavailable", tell(file, "failed", error), { cause: error });
}

/** @param budget what the wait was bounded by, in words. */
export function lockedTooLong(
  file: string,
  milliseconds: number,
  budget: string,
  error: unknown,
): FluxError {
  return new FluxError(
    "store_unavailable",
    `sqliteStore: ${file} was locked for ${milliseconds} ms and more (${budget}). Another process writes it for that long: a transaction left open in a shell, a VACUUM, or a restore.`,
    { cause: error },
  );
}

export function closed(file: string): FluxError {
  return new FluxError("store_unavailable", `sqliteStore: ${file} is closed.`);
}

function tell(file: string, what: string, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  const hint = advice[codeOf(error) ?? 0];
  return `sqliteStore: ${file} ${what}: ${reason}.${hint === undefined ? "" : ` ${hint}`}`;
}

function codeOf(error: unknown): number | undefined {
  const { errcode } = Object(error) as { errcode?: unknown };
  // The low byte of an extended code is the primary one.
  return typeof errcode === "number" ? errcode & 0xff : undefined;
}
