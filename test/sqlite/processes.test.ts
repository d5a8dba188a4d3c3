import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { quotaPolicy } from "../../packages/core/src/limits/policy.ts";
import { Child } from "./children.ts";
import { newFile, open } from "./files.ts";
import { carried, left, on, spend, start, tokens } from "./policies.ts";

/** The quota of `tokens`. */
const quota = 10_000;

describe("processes on one file", { timeout: 60_000 }, () => {
  it("lose nothing that was acknowledged when they are killed, and then keep to the limit", async () => {
    const file = newFile();
    const store = open(file, { now: start }, { timeout: "10s" });
    const many = quotaPolicy({ name: "tokens", per: "month", quota: 1e12 });
    const used = (partition = "") => 1e12 - left(store, "acme", many, partition);
    let acknowledged = 0;
    let kills = 0;
    let ofUsers = 0;
    for (let round = 0; round < 6; round++) {
      const users = [`user-${round}`, `guest-${round}`];
      const children = users.map((user) => new Child("drain", file, user, "1e12"));
      await Promise.all(children.map((child) => child.ready()));
      for (const child of children) child.begin();
      // One by one, at no particular moment of what they are doing.
      for (const [i, child] of children.entries()) {
        await child.acknowledged(100 + 150 * i + 17 * round);
        await child.kill();
        kills++;
      }
      for (const child of children) acknowledged += child.dots;
      expect(used()).toBeGreaterThanOrEqual(acknowledged);
      // Of each that was killed, one charge may have been made and not yet told.
      expect(used()).toBeLessThanOrEqual(acknowledged + kills);
      // All or none: what the tenant was charged, its users were.
      for (const user of users) ofUsers += used(user);
      expect(ofUsers).toBe(used());
    }
    const last = await new Child("drain", file, "last", `${used() + 500}`).ready();
    const before = used();
    last.begin();
    expect(await last.end()).toBe(0);
    expect(last.dots).toBe(500);
    expect(used()).toBe(before + 500);
  });

  it("admit together exactly what the limit admits", async () => {
    const file = newFile();
    const small = open(file, { now: start });
    spend(small, "acme", on(tokens, quota - 3_000));
    const children = [1, 2, 3, 4].map((i) => new Child("drain", file, `user-${i}`));
    await Promise.all(children.map((child) => child.ready()));
    for (const child of children) child.begin();
    for (const child of children) expect(await child.end()).toBe(0);
    expect(children.reduce((sum, { dots }) => sum + dots, 0)).toBe(3_000);
    expect(left(small, "acme", tokens)).toBe(0);
  });

  it("may make the file at the same moment", async () => {
    const file = newFile();
    const children = [1, 2, 3, 4].map(() => new Child("create", file));
    await Promise.all(children.map((child) => child.ready()));
    const files = 60;
    const when = JSON.stringify([Date.now() + 100, 25, files]);
    for (const child of children) child.begin(when);
    for (const child of children) {
      expect(await child.end()).toBe(0);
      expect(child.dots).toBe(files);
    }
    for (let i = 0; i < files; i++) {
      const store = open(`${file}.${i}`, { now: start });
      expect(left(store, "acme", tokens)).toBe(quota - 4);
    }
  });

  it("settle each charge once, whoever does it first", async () => {
    const file = newFile();
    const store = open(file, { now: start }, { timeout: "10s" });
    const receipts = Array.from({ length: 300 }, () =>
      carried(spend(store, "acme", on(tokens, 7))),
    );
    expect(left(store, "acme", tokens)).toBe(quota - 2_100);
    spend(store, "acme", on(tokens, 1_000));
    const reversed = [...receipts].reverse();
    const children = [receipts, reversed, receipts].map(
      (list) => new Child("settle", file, JSON.stringify(list)),
    );
    await Promise.all(children.map((child) => child.ready()));
    for (const child of children) child.begin();
    for (const child of children) expect(await child.end()).toBe(0);
    for (const receipt of receipts.slice(0, 20)) store.settle(receipt, [0]);
    expect(left(store, "acme", tokens)).toBe(quota - 1_000);
  });

  it("settle what one charged that was killed", async () => {
    const file = newFile();
    const child = await new Child("drain", file, "ada").ready();
    child.begin();
    await child.acknowledged(50);
    await child.kill();
    const store = open(file, { now: start });
    const before = left(store, "acme", tokens);
    const receipt = carried(spend(store, "acme", on(tokens, 100)));
    store.close();
    const settling = await new Child("settle", file, JSON.stringify([receipt])).ready();
    settling.begin();
    expect(await settling.end()).toBe(0);
    const after = open(file, { now: start });
    after.settle(receipt, [0]);
    expect(left(after, "acme", tokens)).toBe(before);
  });

  it("are not held up by one that was killed within a transaction, nor see what it wrote", async () => {
    const file = newFile();
    const store = open(file, { now: start }, { timeout: 10 });
    spend(store, "acme", on(tokens, 100));
    const child = await new Child("hold", file).ready();
    expect(() => spend(store, "acme", on(tokens))).toThrow("was locked for 10 ms");
    expect(left(store, "acme", tokens)).toBe(quota - 100);
    expect(readFileSync(`${file}-wal`).includes("held-1")).toBe(true);
    await child.kill();
    expect(spend(store, "acme", on(tokens)).outcome.allowed).toBe(true);
    expect(left(store, "acme", tokens)).toBe(quota - 101);
    expect(left(store, "held-1", tokens)).toBe(quota);
  });

  it("need not have the same numbers: what was used stays used", async () => {
    const file = newFile();
    const child = await new Child("drain", file, "ada").ready();
    child.begin();
    await child.end();
    const store = open(file, { now: start });
    const more = quotaPolicy({ name: "tokens", per: "month", quota: quota + 500 });
    const daily = quotaPolicy({ name: "tokens", per: "day", quota: quota + 20 });
    expect(left(store, "acme", tokens)).toBe(0);
    expect(left(store, "acme", more)).toBe(500);
    expect(left(store, "acme", daily)).toBe(20);
  });
});
