/* FNV-1a over UTF-16 units, cut to a small integer. */

export const hashSeed = 0x811c9dc5 | 0;
export const hashPrime = 0x01000193;
export const hashMask = 0x3fffffff;

/** The hash of a segment; the walker computes the same in place. */
export function hashOf(text: string): number {
  let hash = hashSeed;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), hashPrime);
  return hash & hashMask;
}
