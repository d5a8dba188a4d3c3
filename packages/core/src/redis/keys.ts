/**
 * The names of an owner's keys. All have the owner in their hash tag, so that they live on one node of a
 * cluster; the owner's length before it keeps owners and partitions of any characters apart.
 */

/** Tickets that one key of settled bits is for. */
export const ticketsPerChunk = 8_192;

/** What all keys of an owner begin with. */
export function ownerKey(prefix: string, owner: string): string {
  const name = wellFormed(owner);
  return `${prefix}:{${name.length}:${name}}`;
}

/** @param own the owner's own key. @param partition `""`: the owner's own counters. */
export function counterKey(own: string, partition: string): string {
  return partition === "" ? own : `${own}:p:${wellFormed(partition)}`;
}

/** @param born when the counters' key began, µs. @param chunk of tickets, from 0. */
export function settledKey(own: string, partition: string, born: number, chunk: number): string {
  return `${own}:s:${born}.${chunk}:${wellFormed(partition)}`;
}

/** Half of a surrogate pair has no UTF-8: such names are told by their escapes, after a mark of their own. */
export function wellFormed(name: string): string {
  if (!name.startsWith("\0") && !/\p{Surrogate}/u.test(name)) return name;
  return `\0${JSON.stringify(name)}`;
}
