import { fnv1a } from "../support/fnv1a.ts";

/** Drawn at the first use: some edge runtimes have no randomness while modules are loaded. */
let seed: number | undefined;

/**
 * A small number (30 bits, so that every engine keeps it unboxed) to find a credential in a cache by.
 * Nobody outside can aim at it, for it starts from a random seed (FNV-1a); it proves nothing: whoever
 * finds something by it compares the whole credential. Two that share one take turns in the cache,
 * nothing worse.
 * @param from the first character that counts.
 */
export function fingerprint(text: string, from: number): number {
  seed ??= crypto.getRandomValues(new Int32Array(1))[0] as number;
  const hash = fnv1a(text, seed, from);
  return (hash ^ (hash >>> 15)) >>> 2;
}
