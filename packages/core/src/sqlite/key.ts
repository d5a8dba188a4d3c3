/**
 * A name as SQLite keeps it: a text, or bytes where it has half a surrogate pair, which UTF-8 cannot hold.
 * A text never equals bytes, so no two names become one.
 */
export type Key = string | Uint8Array;

export function keyOf(name: string): Key {
  return halfPair.test(name) ? Buffer.from(name, "utf16le") : name;
}

/** Read by code points, whole pairs are none of these. */
const halfPair = /\p{Surrogate}/u;
