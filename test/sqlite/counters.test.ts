import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quotaPolicy, ratePolicy } from "../../packages/core/src/limits/policy.ts";
import { newFile, open } from "./files.ts";
import { api, carried, left, on, spend, start, tokens } from "./policies.ts";

function rowsOf(file: string, table: "counters" | "settled"): number {
  const database = new DatabaseSync(file);
  const { rows } = database.prepare(`SELECT count(*) AS rows FROM ${table}`).get() as {
    rows: number;
  };
  database.close();
  return rows;
}

describe("a counter", { timeout: 30_000 }, () => {
  it("is there after a restart, and for whoever has the file open", () => {
    const file = newFile();
    const clock = { now: start };
    const [first, second] = [open(file, clock), open(file, clock)];
    expect(spend(first, "acme", on(api, 60), on(tokens, 9_999)).outcome.allowed).toBe(true);
    expect(left(second, "acme", api)).toBe(40);
    expect(spend(second, "acme", on(tokens, 2)).outcome.allowed).toBe(false);
    first.close();
    second.close();
    const third = open(file, clock);
    expect(left(third, "acme", api)).toBe(40);
    expect(left(third, "acme", tokens)).toBe(1);
    expect(left(third, "globex", tokens)).toBe(10_000);
  });

  it("is each name's own, of whatever characters", () => {
    const file = newFile();
    const store = open(file, { now: start });
    const five = ratePolicy({ name: "five", quota: 5, window: 60_000 });
    const given = [
      "",
      "a",
      "a:b",
      "\0",
      "a\0",
      "\ud800",
      "\udfff",
      "\ufffd",
      "\0\ud800",
      "é",
      "e\u0301",
    ];
    const text = fc.string({ unit: "binary", maxLength: 6 });
    const names = [...new Set([...given, ...fc.sample(text, 40)])];
    for (const owner of names)
      for (const partition of names) {
        expect(left(store, owner, five, partition)).toBe(5);
        expect(spend(store, owner, on(five, 5, partition)).outcome.allowed).toBe(true);
      }
    for (const owner of names)
      for (const partition of names) expect(left(store, owner, five, partition)).toBe(0);
  });

  it("holds the largest numbers", () => {
    const file = newFile();
    const store = open(file, { now: start });
    const unlimited = quotaPolicy({ name: "all", per: "month", quota: Infinity });
    for (let i = 0; i < 3; i++) {
      spend(store, "acme", on(unlimited, Number.MAX_SAFE_INTEGER));
      store.settle(spend(store, "acme", on(api, 0)), [Number.MAX_SAFE_INTEGER]);
    }
    const [used] = spend(store, "acme", on(unlimited, 1)).outcome.marks;
    expect(used).toBe(Number.MAX_SAFE_INTEGER);
    expect(spend(store, "acme", on(api)).outcome.allowed).toBe(false);
  });

  it("is dropped when it tells nothing any more: the file does not grow with every caller", () => {
    const file = newFile();
    const clock = { now: start };
    const store = open(file, clock);
    const hourly = quotaPolicy({ name: "hourly", per: "hour", quota: 5 });
    for (let i = 0; i < 100; i++) spend(store, `ip:${i}`, on(api), on(hourly));
    expect(rowsOf(file, "counters")).toBe(200);
    clock.now += 2 * 3_600_000;
    for (let i = 100; i < 200; i++) spend(store, `ip:${i}`, on(api), on(hourly));
    expect(rowsOf(file, "counters")).toBe(200);
  });

  it("opens nothing when the clock steps back by seconds to where it was not idle", () => {
    const file = newFile();
    const clock = { now: start + 3_590_000 };
    const store = open(file, clock);
    const hourly = quotaPolicy({ name: "hourly", per: "hour", quota: 5 });
    spend(store, "acme", on(api, 100), on(hourly, 5));
    clock.now += 10_000;
    for (let i = 0; i < 20; i++) spend(store, `other-${i}`, on(api));
    clock.now -= 10_000;
    expect(spend(store, "acme", on(api)).outcome.allowed).toBe(false);
    expect(spend(store, "acme", on(hourly)).outcome.allowed).toBe(false);
  });
});

describe("a settlement", { timeout: 30_000 }, () => {
  it("is made once, by whichever store, whatever the others do", () => {
    const file = newFile();
    const clock = { now: start };
    const stores = [open(file, clock), open(file, clock)] as const;
    const receipt = spend(
      stores[0],
      "acme",
      on(tokens, 2_000),
      on(api, 10),
      on(tokens, 100, "ada"),
    );
    stores[1].settle(carried(receipt), [523, undefined, undefined]);
    for (const store of stores) {
      store.settle(carried(receipt), [0, undefined, 40]);
      store.settle(receipt, [9_000, 4, 90]);
    }
    expect(left(stores[0], "acme", tokens)).toBe(9_477);
    expect(left(stores[1], "acme", api)).toBe(96);
    expect(left(stores[1], "acme", tokens, "ada")).toBe(9_960);
    stores[0].close();
    open(file, clock).settle(carried(receipt), [0, 0, 0]);
    expect(left(stores[1], "acme", tokens)).toBe(9_477);
  });

  it("of a look is made once too", () => {
    const file = newFile();
    const clock = { now: start };
    const [first, second] = [open(file, clock), open(file, clock)];
    const receipt = spend(first, "acme", on(tokens, 0));
    second.settle(carried(receipt), [523]);
    first.settle(receipt, [523]);
    expect(left(first, "acme", tokens)).toBe(9_477);
  });

  it.each([
    ["none", undefined],
    ["another file's", "0123456789ab.sg.sg"],
    ["no ticket", "…"],
    ["too many", "FILE.sg.sg.sg"],
    ["no number", "FILE.-1.sg"],
    ["too large a number", "FILE.zzzzzzzzzzz.sg"],
  ])("with a ticket that is %s is nothing", (_, given) => {
    const store = open(newFile(), { now: start });
    const receipt = spend(store, "acme", on(tokens, 100));
    const { at, marks } = receipt.outcome;
    const file = receipt.outcome.ticket?.split(".")[0] ?? "";
    const ticket = given?.replace("FILE", file);
    const outcome = { allowed: true, at, marks, ...(ticket === undefined ? {} : { ticket }) };
    store.settle({ ...receipt, outcome }, [0]);
    expect(left(store, "acme", tokens)).toBe(9_900);
  });

  it("with marks that are no whole numbers is nothing", () => {
    const store = open(newFile(), { now: start });
    const receipt = spend(store, "acme", on(tokens, 100), on(api, 10));
    const outcome = { ...receipt.outcome, marks: [100, 0.5, Number.NaN, 0] };
    store.settle({ ...receipt, outcome }, [200, 0]);
    expect(left(store, "acme", tokens)).toBe(9_900);
    expect(left(store, "acme", api)).toBe(90);
  });

  it("gives nothing back from a counter that was dropped and made anew, in the same period", () => {
    const file = newFile();
    const clock = { now: start };
    const hourly = quotaPolicy({ name: "hourly", per: "hour", quota: 5 });
    const before = open(file, clock);
    const receipt = spend(before, "acme", on(hourly, 2));
    clock.now += 2 * 3_600_000;
    for (let i = 0; i < 5; i++) spend(before, `other-${i}`, on(api));
    before.close();
    // Back by hours, and a store that was started since, which knows nothing of them.
    clock.now = start;
    const after = open(file, clock);
    spend(after, "acme", on(hourly, 3));
    after.settle(carried(receipt), [0]);
    expect(left(after, "acme", hourly)).toBe(2);
  });

  it("gives nothing back that another process has charged later, though the clock stepped back", () => {
    const file = newFile();
    const clock = { now: start };
    const [first, second] = [open(file, clock), open(file, clock)];
    const receipt = spend(first, "acme", on(api, 100));
    clock.now += 20_000;
    spend(second, "acme", on(api, 100));
    clock.now -= 19_000;
    first.settle(receipt, [0]);
    clock.now += 19_000;
    expect(left(first, "acme", api)).toBe(0);
  });

  it("gives nothing back at the price of another config", () => {
    const store = open(newFile(), { now: start });
    const receipt = spend(store, "acme", on(api, 1));
    spend(store, "acme", on(api, 99));
    const slow = ratePolicy({ name: "api", quota: 1, window: 60_000, burst: 100 });
    store.settle({ ...carried(receipt), charges: [on(slow, 1)] }, [0]);
    expect(left(store, "acme", api)).toBe(0);
  });

  it("is remembered in a bit, until the period is over", () => {
    const file = newFile();
    const clock = { now: start };
    const store = open(file, clock);
    for (let i = 0; i < 5_000; i++) {
      const receipt = spend(store, `tenant-${i % 7}`, on(tokens, 2));
      store.settle(receipt, [1]);
      if (i % 500 === 0) store.settle(carried(receipt), [0]);
    }
    expect(rowsOf(file, "settled")).toBeLessThanOrEqual(6);
    const used = [0, 1, 2, 3, 4, 5, 6].map((i) => 10_000 - left(store, `tenant-${i}`, tokens));
    expect(used.reduce((a, b) => a + b)).toBe(5_000);
    clock.now = Date.UTC(2026, 11, 2);
    for (let i = 0; i < 3_000; i++) store.settle(spend(store, "acme", on(tokens, 2)), [1]);
    expect(rowsOf(file, "settled")).toBeLessThanOrEqual(5);
  });
});
