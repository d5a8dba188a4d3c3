import { FluxError } from "../errors.ts";
import type { StoreHost } from "../limits/store.ts";

/** µs that a row is kept for after it tells nothing any more: a clock that steps back by less opens nothing. */
export const grace = 10_000_000;

export const minute = 60_000_000;
export const hour = 3_600_000_000;

/** The year 2112: up to here, a moment and the longest refill add up to a safe integer. */
const latestMilliseconds = 2 ** 52 / 1_000;

/** @throws FluxError `config_invalid` for a clock that does not give ms since the epoch. */
export function toMicroseconds(milliseconds: number): number {
  if (milliseconds >= 0 && milliseconds <= latestMilliseconds) {
    return Math.floor(milliseconds * 1_000);
  }
  throw new FluxError(
    "config_invalid",
    `now must give milliseconds since the epoch, up to the year 2112; it gave ${milliseconds}`,
  );
}

export const unconnected: StoreHost = {
  now() {
    throw new FluxError("config_invalid", "sqliteStore: it has no clock before defineFlux had it");
  },
};
