import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { FluxError } from "@flux/core";
import { sqliteStore } from "@flux/core/sqlite";
import { describe, expect, it, vi } from "vitest";
import { newFile, open } from "./files.ts";
import { api, carried, left, on, spend, start, tokens } from "./policies.ts";

/** The error that something throws. */
function errorOf(attempt: () => unknown): FluxError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof FluxError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("at start", () => {
  it.each([
    ["", "expected a path"],
    [":memory:", "memoryStore"],
    ["file:flux.db?mode=memory", "not a URL"],
    ["a\0b", "NUL"],
    [{ file: "flux.db", timeout: "11s" }, "at most 10 s"],
    [{ file: "flux.db", timeout: -1 }, "at most 10 s"],
    [{ file: "flux.db", durability: "none" }, '"process" or "power"'],
    [{ file: "flux.db", path: "flux.db" }, "Known: file, timeout, durability"],
    [{}, "expected a path"],
  ])("%j is refused", (given, told) => {
    const error = errorOf(() => sqliteStore(given as string));
    expect(error.code).toBe("config_invalid");
    expect(error.message).toContain(told);
  });

  it("a directory that there is not is told", () => {
    const file = join(dirname(newFile()), "data", "flux.db");
    const error = errorOf(() => sqliteStore(file));
    expect(error.code).toBe("config_invalid");
    expect(error.message).toContain(file);
    expect(error.message).toContain("directory must exist");
  });

  it("a directory in place of the file is told", () => {
    const file = newFile();
    mkdirSync(file);
    expect(errorOf(() => sqliteStore(file)).code).toBe("config_invalid");
  });

  // Whoever is root may write everywhere.
  it.skipIf(process.getuid?.() === 0)("a file that may not be written is told", () => {
    const file = newFile();
    sqliteStore(file).close();
    chmodSync(file, 0o444);
    chmodSync(dirname(file), 0o555);
    const error = errorOf(() => sqliteStore(file));
    chmodSync(dirname(file), 0o755);
    expect(error.code).toBe("config_invalid");
    expect(error.message).toContain("may not write");
  });

  it("what is no database is told, and left as it is", () => {
    const file = newFile();
    const text = "Not a database. ".repeat(100);
    writeFileSync(file, text);
    const error = errorOf(() => sqliteStore(file));
    expect(readFileSync(file, "utf8")).toBe(text);
    expect(error.code).toBe("config_invalid");
    expect(error.message).toContain("no SQLite database");
  });

  it("another program's database is told, and left as it is", () => {
    const file = newFile();
    const theirs = new DatabaseSync(file);
    theirs.exec("CREATE TABLE orders (id INTEGER PRIMARY KEY)");
    expect(errorOf(() => sqliteStore(file)).message).toContain("database of something else");
    expect(theirs.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "delete" });
    theirs.close();
  });

  it("a file of a newer version of Flux is told", () => {
    const file = newFile();
    sqliteStore(file).close();
    const newer = new DatabaseSync(file);
    newer.exec("PRAGMA user_version = 2");
    newer.close();
    const error = errorOf(() => sqliteStore(file));
    expect(error.code).toBe("config_invalid");
    expect(error.message).toContain("has schema 2, and this version of Flux knows 1");
  });

  it("a runtime without node:sqlite is told which one is needed", () => {
    const builtin = vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined as never);
    const error = errorOf(() => sqliteStore(newFile()));
    builtin.mockRestore();
    expect(error.code).toBe("runtime_unsupported");
    expect(error.message).toContain("Node has from 22.13 on");
  });
});

describe("a file", { timeout: 30_000 }, () => {
  it("that is closed is told so, and closing it again does nothing", () => {
    const store = open(newFile(), { now: start });
    const receipt = spend(store, "acme", on(tokens, 10));
    store.close();
    store.close();
    for (const call of [
      () => store.charge("acme", [on(tokens)]),
      () => store.charge("acme", [on(tokens)], true),
      () => store.settle(receipt, [0]),
    ]) {
      const error = errorOf(call);
      expect(error.code).toBe("store_unavailable");
      expect(error.message).toContain("is closed");
    }
  });

  it("that another process keeps locked is waited for no longer than the timeout, and then goes on", () => {
    const file = newFile();
    const store = open(file, { now: start }, { timeout: 20 });
    const receipt = spend(store, "acme", on(tokens, 100));
    const other = new DatabaseSync(file);
    other.exec("BEGIN IMMEDIATE");
    for (const call of [
      () => store.charge("acme", [on(tokens)]),
      () => store.settle(receipt, [0]),
      () => store.charge("acme", [on(tokens)]),
    ]) {
      const error = errorOf(call);
      expect(error.code).toBe("store_unavailable");
      expect(error.message).toContain("20 ms");
    }
    // What only looks does not wait.
    expect(left(store, "acme", tokens)).toBe(9_900);
    expect(store.charge("acme", [on(tokens)], true).allowed).toBe(true);
    other.exec("ROLLBACK");
    expect(spend(store, "acme", on(tokens)).outcome.allowed).toBe(true);
    expect(left(store, "acme", tokens)).toBe(9_899);
    other.close();
  });

  it("that somebody reads for long is charged all the same", () => {
    const file = newFile();
    const store = open(file, { now: start });
    spend(store, "acme", on(tokens));
    const reader = new DatabaseSync(file);
    const sum = reader.prepare("SELECT sum(value) AS units FROM counters");
    reader.exec("BEGIN");
    expect(sum.get()).toEqual({ units: 1 });
    // Enough for several checkpoints, none of which can be finished.
    for (let i = 0; i < 5_000; i++) spend(store, "acme", on(tokens));
    expect(sum.get()).toEqual({ units: 1 });
    reader.exec("COMMIT");
    expect(sum.get()).toEqual({ units: 5_001 });
    reader.close();
    expect(left(store, "acme", tokens)).toBe(4_999);
  });

  it("where a call fails in the middle is as it was before", () => {
    const file = newFile();
    const store = open(file, { now: start });
    const receipt = spend(store, "acme", on(api, 10), on(tokens, 10));
    const other = new DatabaseSync(file);
    other.exec(`CREATE TRIGGER broken BEFORE UPDATE ON counters WHEN new.policy = 'feature:tokens'
      BEGIN SELECT raise(ABORT, 'the disk is on fire'); END`);
    for (const call of [
      () => store.charge("acme", [on(api, 10), on(tokens, 10), on(api, 10, "new")]),
      () => store.settle(receipt, [0, 0]),
    ]) {
      const error = errorOf(call);
      expect(error.code).toBe("store_unavailable");
      expect(error.message).toContain("the disk is on fire");
    }
    other.exec("DROP TRIGGER broken");
    other.close();
    expect(left(store, "acme", api)).toBe(90);
    expect(left(store, "acme", api, "new")).toBe(100);
    store.settle(receipt, [0, 0]);
    expect(left(store, "acme", api)).toBe(100);
    expect(left(store, "acme", tokens)).toBe(10_000);
  });

  it("that was backed up by VACUUM INTO goes on from there", () => {
    const file = newFile();
    const clock = { now: start };
    const store = open(file, clock);
    const receipt = spend(store, "acme", on(tokens, 100));
    const copy = join(dirname(file), "copy.db");
    const other = new DatabaseSync(file);
    other.exec(`VACUUM INTO '${copy}'`);
    other.close();
    store.close();
    for (const suffix of ["-wal", "-shm"]) rmSync(`${file}${suffix}`, { force: true });
    copyFileSync(copy, file);
    const restored = open(file, clock);
    expect(left(restored, "acme", tokens)).toBe(9_900);
    restored.settle(carried(receipt), [0]);
    expect(left(restored, "acme", tokens)).toBe(10_000);
  });

  it("is as durable as asked for", () => {
    const file = newFile();
    const store = open(file, { now: start }, { durability: "power", timeout: "1s" });
    expect(spend(store, "acme", on(tokens, 100)).outcome.allowed).toBe(true);
    expect(left(store, "acme", tokens)).toBe(9_900);
  });
});
