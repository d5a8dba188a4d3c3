/**
 * MurmurHash3 x86_32 with seed 0 over the UTF-8 bytes of a text (Austin Appleby, public domain), as
 * flagd buckets with it. ASCII is read in place, without allocating; other texts are encoded first.
 */

const encoder = new TextEncoder();

/** A hash after some first bytes. */
interface HashState {
  readonly hash: number;
  /** The last `length % 4` bytes, which do not fill a block yet; the first one lowest. */
  readonly pending: number;
  /** Bytes so far. */
  readonly length: number;
}

// A byte goes into its block by `byte << (8 * length)`: JavaScript shifts by the count modulo 32.

const empty: HashState = { hash: 0, pending: 0, length: 0 };

/** The state after a prefix, so that what all keys begin with is hashed once. */
export function hashPrefix(prefix: string, after: HashState = empty): HashState {
  let { hash, pending, length } = after;
  for (const byte of encoder.encode(prefix)) {
    pending |= byte << (8 * length);
    if (++length % 4 === 0) {
      hash = mixBlock(hash, pending);
      pending = 0;
    }
  }
  return { hash, pending, length };
}

/**
 * The hash of a text, after a prefix where one is given.
 *
 * @returns its 32 bits as a signed integer, which engines keep out of the heap; `>>> 0` is the number.
 */
export function murmur3(text: string, after: HashState = empty): number {
  let { hash, pending, length } = after;
  const pendingBits = (8 * length) % 32;
  const blocksEnd = text.length & ~3;
  let index = 0;
  for (; index < blocksEnd; index += 4) {
    const first = text.charCodeAt(index);
    const second = text.charCodeAt(index + 1);
    const third = text.charCodeAt(index + 2);
    const fourth = text.charCodeAt(index + 3);
    if ((first | second | third | fourth) >= 0x80) return finish(hashPrefix(text, after));
    const word = first | (second << 8) | (third << 16) | (fourth << 24);
    hash = mixBlock(hash, pending | (word << pendingBits));
    pending = pendingBits === 0 ? 0 : word >>> (32 - pendingBits);
  }
  length += blocksEnd;
  for (; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x80) return finish(hashPrefix(text, after));
    pending |= code << (8 * length);
    if (++length % 4 === 0) {
      hash = mixBlock(hash, pending);
      pending = 0;
    }
  }
  return finalize(hash, pending, length);
}

function finish({ hash, pending, length }: HashState): number {
  return finalize(hash, pending, length);
}

function finalize(hash: number, pending: number, length: number): number {
  // No pending bytes scramble to 0, so the tail needs no case of its own.
  let mixed = hash ^ scramble(pending) ^ length;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

function scramble(block: number): number {
  const product = Math.imul(block, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}

function mixBlock(hash: number, block: number): number {
  const mixed = hash ^ scramble(block);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}
