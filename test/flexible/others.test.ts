/** Limiters that need no server, and the table that RateLimiterPostgres makes for itself. */
import { DatabaseSync } from "node:sqlite";
import { defineFlux, type Facts } from "@flux/core";
import { flexibleStore, type MakeLimiter } from "@flux/core/flexible";
import pg from "pg";
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterSQLite } from "rate-limiter-flexible";
import { expect, test, vi } from "vitest";
import { startPostgres } from "../servers/postgres.ts";

vi.setConfig({ testTimeout: 60_000 });

const get: Facts = { method: "GET", url: "/", headers: {}, ip: "192.0.2.7" };

function define(make: MakeLimiter) {
  return defineFlux({
    limits: { api: { quota: 5, window: "1m", by: "ip", onError: "deny" } },
    routes: { "GET /": { auth: "none", limit: "api" } },
    store: flexibleStore(make),
    logger: { warn: () => undefined, error: () => undefined },
  });
}

/** As much of better-sqlite3 as the library uses. */
function sqlite(): MakeLimiter {
  const database = new DatabaseSync(":memory:");
  database.exec(
    "CREATE TABLE limits (key TEXT PRIMARY KEY, points INTEGER NOT NULL, expire INTEGER)",
  );
  const storeClient = {
    prepare: (sql: string) => database.prepare(sql),
    transaction: <T>(run: () => T) => run,
  };
  return (window) =>
    new RateLimiterSQLite({
      ...window,
      storeClient,
      storeType: "better-sqlite3",
      tableName: "limits",
      tableCreated: true,
      clearExpiredByTimeout: false,
    });
}

test.each<[string, () => MakeLimiter]>([
  ["RateLimiterMemory", () => (window) => new RateLimiterMemory(window)],
  ["RateLimiterSQLite", sqlite],
])("%s admits the quota, keeps it exact and takes back", async (_name, make) => {
  const flux = define(make());
  const asked = await Promise.all(Array.from({ length: 20 }, () => flux.decide(get)));
  const passed = asked.filter(({ allowed }) => allowed);
  expect(passed.length).toBe(5);
  await passed[0]?.refund();
  await passed[1]?.refund();
  expect((await flux.decide(get)).limits).toMatchObject([{ remaining: 1 }]);
});

test("until RateLimiterPostgres has made its table, it fails", async () => {
  const server = await startPostgres();
  const pool = new pg.Pool({ connectionString: server.url });
  try {
    const make: MakeLimiter = (window) =>
      new RateLimiterPostgres({
        ...window,
        storeClient: pool,
        tableName: "limits",
        clearExpiredByTimeout: false,
      });
    const flux = define(make);
    const causes: unknown[] = [];
    flux.on("error", ({ error }) => causes.push((error as Error).message));
    expect((await flux.decide(get)).code).toBe("unavailable");
    expect(causes).toEqual(["flexibleStore: its limiter failed: Table is not created yet"]);
    await expect.poll(async () => (await flux.decide(get)).allowed, { timeout: 20_000 }).toBe(true);
  } finally {
    await pool.end();
    await server.stop();
  }
});
