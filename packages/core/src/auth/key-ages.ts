/* When an issuer's keys are looked at, and how long they are believed; all in milliseconds. */

/** From this age on, a request has them fetched in the background. */
export const refresh = 5 * 60_000;
/** Not looked at for so long, they answer nothing: the request waits for the fetch. */
export const unseen = 10 * 60_000;
/** How long after the last success they serve while the issuer is down; `staleKeys` in the config. */
export const stale = 60 * 60_000;
/** Between two fetches because of a key that is not in the set. */
export const unknownKey = 30_000;
/** After the first failure; doubled by each further one. */
export const firstBackOff = 1_000;
export const longestBackOff = 60_000;
/** A request may have begun before the keys came. Further back than this, the clock was set back. */
export const clockStep = 60_000;
