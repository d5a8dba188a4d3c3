/** Under whose name a request's counters live. */
import { accountOwner } from "../account.ts";
import type { Walk } from "../walk/walk.ts";

/** The owner of what a client's address is charged; a store may tell strangers by the prefix. */
export function addressOwner(walk: Walk): string {
  return `ip:${walk.engine.clientAddress(walk.facts)}`;
}

/** Whoever acts for no tenant counts for itself; nobody in particular counts together. */
export function ownerOf({ account, principal }: Walk): string {
  if (account !== undefined) return account.owner;
  return principal === undefined ? "anonymous" : accountOwner(principal.id, false);
}
