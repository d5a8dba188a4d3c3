import { FluxError } from "../errors.ts";
import { type Duration, parseDuration } from "../support/duration.ts";
import { instantForms, readInstant } from "../support/instant.ts";
import { show } from "../support/show.ts";

/** The clock of a `testFlux`. It stands still until it is moved, and all time inside Flux comes from it. */
export interface TestClock {
  /** Epoch milliseconds. */
  now(): number;
  /**
   * Moves it to a moment, later or earlier.
   * @param at epoch milliseconds, a `Date`, or ISO 8601 with a zone (`2030-01-31T12:00:00Z`).
   * @throws FluxError `test_invalid`
   */
  set(at: number | string | Date): void;
  /**
   * Moves it on: `advance("90s")`, or by milliseconds.
   * @throws FluxError `test_invalid`
   */
  advance(by: Duration): void;
}

/** @throws FluxError `test_invalid` */
export function createTestClock(start: number | string | Date): TestClock {
  let time = read(start);
  return {
    now: () => time,
    set(at) {
      time = read(at);
    },
    advance(by) {
      const milliseconds = parseDuration(by);
      if (milliseconds === undefined)
        throw new FluxError(
          "test_invalid",
          `The clock is moved on by a duration such as "90s", or by milliseconds; it was given ${show(by)}.`,
        );
      time = read(time + milliseconds);
    },
  };
}

/** The year 2112, the last that counters can be kept in. */
const latest = 2 ** 52 / 1_000;

function read(at: number | string | Date): number {
  const time = readInstant(at);
  if (time === undefined || time < 0 || time > latest)
    throw new FluxError(
      "test_invalid",
      `The clock takes ${instantForms}, from 1970 to 2112; it was given ${show(at)}.`,
    );
  return time;
}
