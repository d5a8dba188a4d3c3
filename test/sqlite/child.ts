/**
 * What the tests run as a process of its own: `node child.ts <what> <file> …`. It says "ready" when the
 * file is open, begins when its input says so, and writes what came of it.
 */
import { readSync, writeSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { quotaPolicy } from "../../packages/core/src/limits/policy.ts";
import { type SqliteStore, sqliteStore } from "../../packages/core/src/sqlite/index.ts";
import { api, type carried, on, start, tokens } from "./policies.ts";

const [what, file = "", ...rest] = process.argv.slice(2);

const say = (text: string) => writeSync(1, text);
function waitForInput(): string {
  const buffer = Buffer.alloc(64);
  return buffer.toString("utf8", 0, readSync(0, buffer));
}

function openStore(): SqliteStore {
  const store = sqliteStore({ file, timeout: "10s" });
  store.connect({ now: () => start });
  return store;
}

/** Charges a unit until refused: a dot for each that was acknowledged, at once. */
function drain(): void {
  const [user = "", quota = tokens.quota] = rest;
  const units = quotaPolicy({ name: "tokens", per: "month", quota: Number(quota) });
  const charges = [on(units), on(api, 0), on(units, 1, user)];
  const store = openStore();
  say("ready\n");
  waitForInput();
  while (store.charge("acme", charges).allowed) say(".");
  store.close();
}

/** Opens one file after the other that there is not yet, at moments that it is told, and charges once. */
function create(): void {
  say("ready\n");
  const [first, pause, count] = JSON.parse(waitForInput()) as [number, number, number];
  for (let i = 0; i < count; i++) {
    while (Date.now() < first + i * pause);
    const store = sqliteStore({ file: `${file}.${i}`, timeout: "10s" });
    store.connect({ now: () => start });
    if (store.charge("acme", [on(tokens)]).allowed) say(".");
    store.close();
  }
}

/** Settles each receipt of a list with 0, in the order that is asked for. */
function settle(): void {
  const receipts = JSON.parse(rest[0] as string) as ReturnType<typeof carried>[];
  const store = openStore();
  say("ready\n");
  waitForInput();
  for (const { owner, charges, outcome } of receipts)
    store.settle({ owner, charges: charges.map(({ cost }) => on(tokens, cost)), outcome }, [0]);
  say(".");
  store.close();
}

/** Stays within a transaction that has written much. */
function hold(): void {
  const database = new DatabaseSync(file);
  database.exec("PRAGMA cache_size = 5; BEGIN IMMEDIATE; UPDATE counters SET value = 10000");
  database.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
    INSERT INTO counters SELECT 'held-' || i, '', 'feature:tokens', -3, 10000, 0, 0, i, 9e15 FROM n`);
  say("ready\n");
  waitForInput();
}

({ drain, create, settle, hold })[what as "drain"]();
