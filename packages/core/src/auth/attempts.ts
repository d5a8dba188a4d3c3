import { within } from "../support/within.ts";
import { patience } from "./patience.ts";

/** Asks whether one more credential that nobody knows may be judged, such as by taking a try. */
export type Permit = () => Promise<boolean>;

/**
 * Credentials that are being judged. However many requests bring the same one meanwhile, it is one guess
 * and needs one permit: a page that opens with thirty requests has not guessed thirty times.
 */
export class Attempts {
  /** By the credential, the permit of the request that brought it first; as many as requests wait. */
  readonly #underWay = new Map<string, Promise<boolean>>();

  /**
   * Judges a credential, with a permit of its own or the one under which it is judged already.
   * @param permit one that fails, or takes too long, is none.
   * @returns what `judge` gives; `undefined` where there was no permit.
   */
  async judge<T>(secret: string, permit: Permit, judge: () => Promise<T>): Promise<T | undefined> {
    const first = this.#underWay.get(secret);
    if (first !== undefined)
      // Who came first may have no tries left, as another client has.
      return (await first) || (await ask(permit)) ? judge() : undefined;
    const permitted = ask(permit);
    this.#underWay.set(secret, permitted);
    try {
      return (await permitted) ? await judge() : undefined;
    } finally {
      this.#underWay.delete(secret);
    }
  }
}

async function ask(permit: Permit): Promise<boolean> {
  try {
    return await within(permit(), patience, "the permit to judge a credential");
  } catch {
    return false;
  }
}
