/**
 * A map from strings to integers from 0 to 2^30, of some thousands: open addressing with linear probing,
 * keys beside the slots. What tells whether a slot is the key's, and the key itself, lie where the hash
 * says, each in one place: both are fetched at once, and no other key is looked at.
 */
export class Shard {
  /** Two numbers a slot: the hash, and the value plus 1, or 0 where the slot is empty. */
  #slots = new Int32Array(2 * smallest);
  #keys: string[] = new Array<string>(smallest).fill("");
  #size = 0;

  get(key: string, hash: number): number | undefined {
    const slot = this.#find(key, hash);
    const value = this.#slots[2 * slot + 1] as number;
    return value === 0 ? undefined : value - 1;
  }

  /** @returns whether the key is new. */
  set(key: string, hash: number, value: number): boolean {
    const slot = this.#find(key, hash);
    const isNew = this.#slots[2 * slot + 1] === 0;
    this.#put(slot, key, hash, value + 1);
    if (isNew && ++this.#size > this.#keys.length * fullest) this.#grow();
    return isNew;
  }

  /** @returns whether the key was there. */
  delete(key: string, hash: number): boolean {
    const slots = this.#slots;
    let hole = this.#find(key, hash);
    if (slots[2 * hole + 1] === 0) return false;
    this.#size--;
    const mask = this.#keys.length - 1;
    // What lies behind moves up, unless it would come to lie before where its own search begins.
    for (let slot = (hole + 1) & mask; slots[2 * slot + 1] !== 0; slot = (slot + 1) & mask) {
      const moved = slots[2 * slot] as number;
      if (((slot - moved) & mask) < ((slot - hole) & mask)) continue;
      this.#put(hole, this.#keys[slot] as string, moved, slots[2 * slot + 1] as number);
      hole = slot;
    }
    this.#put(hole, "", 0, 0);
    return true;
  }

  /** The slot of a key, or the empty one in which its search ends. */
  #find(key: string, hash: number): number {
    const slots = this.#slots;
    const keys = this.#keys;
    const mask = keys.length - 1;
    let slot = hash & mask;
    while (slots[2 * slot + 1] !== 0 && (slots[2 * slot] !== hash || keys[slot] !== key)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #put(slot: number, key: string, hash: number, content: number): void {
    this.#slots[2 * slot] = hash;
    this.#slots[2 * slot + 1] = content;
    this.#keys[slot] = key;
  }

  #grow(): void {
    const [slots, keys] = [this.#slots, this.#keys];
    this.#slots = new Int32Array(2 * slots.length);
    this.#keys = new Array<string>(2 * keys.length).fill("");
    for (let slot = 0; slot < keys.length; slot++) {
      const [hash, content] = [slots[2 * slot] as number, slots[2 * slot + 1] as number];
      const key = keys[slot] as string;
      if (content !== 0) this.#put(this.#find(key, hash), key, hash, content);
    }
  }
}

const smallest = 64;
/** The part of the slots that are taken at most. */
const fullest = 3 / 4;
