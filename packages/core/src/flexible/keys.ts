/**
 * Under which names counters stand. The library joins them as `prefix:key`, backends compare them each in its
 * own way (MySQL without regard to case, accents and trailing spaces) and bound their length (PostgreSQL 255
 * characters). So nothing but lower-case letters, digits and a few signs is written as it is.
 */
import { createHash } from "node:crypto";

/**
 * Counters of one limit are shared by all plans that have the same window, so that a tenant keeps what it has
 * used when its plan changes. Windows of another length cannot be mixed: they are counted apart.
 * @param duration seconds
 */
export function prefixOf(limit: string, duration: number): string {
  return `flux_${plain(limit, /^[a-z0-9_]{1,40}$/) ?? abridged(limit)}_${duration}`;
}

/** No two owners, and no two partitions of one, share a key. */
export function keyOf(owner: string, partition: string): string {
  const readable = partition === "" ? owner : `${owner}|${partition}`;
  const unambiguous = !owner.includes("|") && !partition.includes("|");
  return (
    (unambiguous ? plain(readable, /^[a-z0-9:._@/|-]{1,120}$/) : undefined) ??
    // JSON escapes lone surrogates, which a hash of UTF-8 would not tell apart.
    `~${digest(JSON.stringify([owner, partition]))}`
  );
}

const plain = (text: string, form: RegExp) => (form.test(text) ? text : undefined);

/** Something to recognise it by, and 64 bits of a hash. No plain name has a `-`. */
function abridged(limit: string): string {
  const slug = limit.toLowerCase().replace(/[^a-z0-9]+/g, "_");
  return `${slug.slice(0, 24)}-${digest(JSON.stringify(limit)).slice(0, 16)}`;
}

const digest = (text: string) => createHash("sha256").update(text).digest("hex");
