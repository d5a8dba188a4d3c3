import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RowSet } from "./row-set.ts";

/** Rows next to every edge of a word, of a level and of a page. */
const row = fc.oneof(
  fc.nat({ max: 70 }),
  fc.constantFrom(1_023, 1_024, 1_025, 32_767, 32_768, 32_769, 65_535, 65_536, 98_303, 98_304),
  fc.nat({ max: 100_000 }),
);

function setOf(rows: readonly number[]): RowSet {
  const set = new RowSet();
  for (const each of new Set(rows)) set.add(each);
  return set;
}

describe("RowSet", () => {
  it("has what was added and not deleted", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), row)), (operations) => {
        const set = new RowSet();
        const model = new Set<number>();
        for (const [adds, row] of operations) {
          if (!adds) set.delete(row);
          else if (!set.has(row)) set.add(row);
          if (adds) model.add(row);
          else model.delete(row);
          expect(set.has(row)).toBe(adds);
          expect(set.size).toBe(model.size);
        }
        for (const [, row] of operations) expect(set.has(row)).toBe(model.has(row));
      }),
    );
  });

  it("finds the first member from a row on, going around", () => {
    fc.assert(
      fc.property(fc.array(row), row, (rows, start) => {
        const sorted = [...new Set(rows)].sort((a, b) => a - b);
        const expected = sorted.find((each) => each >= start) ?? sorted[0] ?? -1;
        expect(setOf(rows).from(start)).toBe(expected);
      }),
    );
  });

  it("moves all members to another set", () => {
    fc.assert(
      fc.property(fc.uniqueArray(row), fc.nat(), (rows, part) => {
        const [one, other] = [setOf(rows.slice(part % 9)), setOf(rows.slice(0, part % 9))];
        one.moveTo(other);
        expect(one.size).toBe(0);
        expect(one.from(0)).toBe(-1);
        expect(other.size).toBe(rows.length);
        for (const each of rows) expect([one.has(each), other.has(each)]).toEqual([false, true]);
        for (const each of rows) other.delete(each);
        expect([other.size, other.from(0)]).toEqual([0, -1]);
        for (const each of rows) one.add(each);
        expect(one.size).toBe(rows.length);
      }),
    );
  });
});
