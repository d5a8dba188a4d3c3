/**
 * FNV-1a over UTF-16 units (Fowler, Noll, Vo; 32 bits), without a finalizer.
 * @param seed the offset basis; a random one cannot be aimed at.
 * @param from the first unit that counts.
 */
export function fnv1a(text: string, seed: number, from: number): number {
  let hash = seed;
  for (let index = from; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash;
}
