/** The host's clock, as stores without a clock of their own read it. */
import { FluxError } from "../errors.ts";
import type { StoreHost } from "./store.ts";

/** The year 2112: up to here, a moment and the longest refill add up to a safe integer. */
const latestMilliseconds = 2 ** 52 / 1_000;

/**
 * µs that a counter is kept for after it tells nothing any more, so that a clock that steps back by
 * less opens nothing.
 */
export const grace = 10_000_000;

/**
 * A reading of the clock in µs, rounded down.
 * @param milliseconds since the epoch.
 * @throws FluxError `config_invalid` for a clock that does not give ms since the epoch.
 */
export function toMicroseconds(milliseconds: number): number {
  if (milliseconds >= 0 && milliseconds <= latestMilliseconds) {
    return Math.floor(milliseconds * 1_000);
  }
  throw noMoment(milliseconds);
}

function noMoment(given: number): FluxError {
  return new FluxError(
    "config_invalid",
    `now must give milliseconds since the epoch, up to the year 2112; it gave ${given}`,
  );
}

/**
 * The host of a store that no `defineFlux` has connected.
 * @param store the name of the function that makes the store.
 */
export function unconnected(store: string): StoreHost {
  return {
    now() {
      throw new FluxError("config_invalid", `${store}: it has no clock before defineFlux had it`);
    },
  };
}
