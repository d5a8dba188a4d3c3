import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { periodEnd, periodStart } from "./period.ts";

const moment = (iso: string) => Date.parse(iso) * 1_000;

describe("periods of the UTC calendar", () => {
  it.each([
    ["hour", "2026-11-22T13:59:59.999Z", "2026-11-22T13:00:00Z", "2026-11-22T14:00:00Z"],
    ["day", "2026-11-22T23:59:59.999Z", "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"],
    ["month", "2026-12-31T23:59:59.999Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"],
    ["month", "2028-02-29T12:00:00Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"],
    ["month", "2027-02-28T23:59:59Z", "2027-02-01T00:00:00Z", "2027-03-01T00:00:00Z"],
    ["month", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1970-02-01T00:00:00Z"],
  ] as const)("%s of %s", (per, at, start, end) => {
    expect(periodStart(per, moment(at))).toBe(moment(start));
    expect(periodEnd(per, moment(start))).toBe(moment(end));
  });

  it("begins a period exactly at its first microsecond", () => {
    const start = moment("2026-12-01T00:00:00Z");
    expect(periodStart("month", start)).toBe(start);
    expect(periodStart("month", start - 1)).toBe(moment("2026-11-01T00:00:00Z"));
  });

  it("is what the calendar says, in whatever order it is asked", () => {
    const any = fc
      .integer({ min: 0, max: Date.UTC(2112, 0) })
      .map((ms) => ms * 1_000 + (ms % 1_000));
    fc.assert(
      fc.property(
        fc.array(any, { minLength: 1 }),
        fc.constantFrom("hour", "day", "month"),
        (ats, per) => {
          for (const at of ats) {
            const date = new Date(at / 1_000);
            const day = per === "month" ? 1 : date.getUTCDate();
            const hour = per === "hour" ? date.getUTCHours() : 0;
            const start = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), day, hour) * 1_000;
            expect(periodStart(per, at)).toBe(start);
            const end = periodEnd(per, start);
            expect(end).toBeGreaterThan(at);
            expect(periodStart(per, end)).toBe(end);
            expect(periodStart(per, end - 1)).toBe(start);
          }
        },
      ),
    );
  });
});
