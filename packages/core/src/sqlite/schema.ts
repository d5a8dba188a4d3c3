/** The tables of the file, and how a file is recognised. */
import type { DatabaseSync } from "node:sqlite";
import { FluxError } from "../errors.ts";

/** The schema that this version reads and writes: the file's `user_version`. */
const version = 1;

/** "Flux" in ASCII: the file's `application_id`, by which tools such as `file` and other versions know it. */
const applicationId = 0x46_6c_75_78;

/**
 * All moments are µs since the epoch, and all numbers integers below 2^53.
 *
 * `counters`: a row is found by owner, partition and the policy's id, so that the counters of one owner
 * are neighbours, mostly on one page of the file. Owners and partitions are texts, or blobs of UTF-16
 * where UTF-8 cannot hold them.
 * - `unit`: of a rate the µs a unit that `value` is counted in; of a quota -1, -2, -3: per hour, day, month.
 * - `value`, `side`: of a rate its TAT and the credits given so far; of a quota the units used and the
 *   start of its period.
 * - `at`: the latest moment at which it was charged.
 * - `born`: the ticket that made the row, which tells it from an earlier row of the same name.
 * - `expires`: from when on it may be dropped. Moved seldom, since that is work for the index.
 *
 * `settled`: a bit for each ticket, 1,024 a row; a row expires when it matters of none
 * of them any more.
 *
 * `file`: one row. `id` tells this file's tickets from those of any other, `next_chunk` is the next
 * 1,024 tickets to be handed to a process.
 */
const tables = `
CREATE TABLE counters (
  owner ANY NOT NULL,
  partition ANY NOT NULL,
  policy TEXT NOT NULL,
  unit INTEGER NOT NULL,
  value INTEGER NOT NULL,
  side INTEGER NOT NULL,
  at INTEGER NOT NULL,
  born INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  PRIMARY KEY (owner, partition, policy)
) STRICT, WITHOUT ROWID;
CREATE INDEX counters_by_expiry ON counters (expires);
CREATE TABLE settled (
  chunk INTEGER PRIMARY KEY,
  bits BLOB NOT NULL,
  expires INTEGER NOT NULL
) STRICT;
CREATE INDEX settled_by_expiry ON settled (expires);
CREATE TABLE file (
  id TEXT NOT NULL,
  next_chunk INTEGER NOT NULL
) STRICT;
INSERT INTO file VALUES (lower(hex(randomblob(6))), 1);
PRAGMA application_id = ${applicationId};
PRAGMA user_version = ${version};
`;

/** One statement, since another process may make the tables at this moment. */
const whatItIs = `SELECT
  (SELECT application_id FROM pragma_application_id) AS application,
  (SELECT user_version FROM pragma_user_version) AS schema,
  (SELECT count(*) FROM sqlite_schema) AS objects`;

/**
 * Looks whether this is a file of ours, before anything is written to it.
 * @returns `false` where it is empty.
 * @throws FluxError `config_invalid` where it is another program's, or of a newer version of Flux.
 */
export function isOurs(database: DatabaseSync, file: string): boolean {
  const { application, schema, objects } = database.prepare(whatItIs).get() as {
    [word: string]: number;
  };
  if (application === 0 && schema === 0 && objects === 0) return false;
  if (application !== applicationId)
    throw new FluxError(
      "config_invalid",
      `sqliteStore: ${file} is a database of something else. Give Flux a file of its own.`,
    );
  if (schema !== version)
    throw new FluxError(
      "config_invalid",
      `sqliteStore: ${file} has schema ${schema}, and this version of Flux knows ${version}. A newer Flux has made it: use that one here too, or name another file.`,
    );
  return true;
}

/** Makes the tables where there are none: within a transaction that has the write lock. */
export function ensureTables(database: DatabaseSync, file: string): void {
  if (!isOurs(database, file)) database.exec(tables);
}
