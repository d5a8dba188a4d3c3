/** Limiters of rate-limiter-flexible on real servers, as an app makes them. */
import type { FlexibleLimiter, FlexibleWindow } from "@flux/core/flexible";
import { Redis } from "ioredis";
import pg from "pg";
import { RateLimiterPostgres, RateLimiterRedis } from "rate-limiter-flexible";
import { startPostgres } from "../servers/postgres.ts";
import { startRedis } from "../servers/redis.ts";

/** What one process of an app has. */
export interface Client {
  /** @param more further options of the library's. */
  make(window: FlexibleWindow, more?: object): FlexibleLimiter;
  end(): Promise<void>;
}

export interface Backend {
  connect(): Promise<Client>;
  /** Keys under which something is counted. */
  keys(): Promise<string[]>;
  freeze(): void;
  thaw(): void;
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export const createTable =
  "CREATE TABLE IF NOT EXISTS limits (key varchar(255) PRIMARY KEY, points integer NOT NULL DEFAULT 0, expire bigint)";

export async function postgres(): Promise<Backend> {
  const server = await startPostgres();
  const own = poolOf(server.url);
  await own.query(createTable);
  return {
    async connect() {
      const pool = poolOf(server.url);
      return {
        make: (window, more) =>
          new RateLimiterPostgres({
            ...window,
            ...more,
            storeClient: pool,
            tableName: "limits",
            tableCreated: true,
            clearExpiredByTimeout: false,
          }),
        end: () => pool.end(),
      };
    },
    async keys() {
      const { rows } = await own.query<{ key: string }>("SELECT key FROM limits ORDER BY key");
      return rows.map(({ key }) => key);
    },
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    kill: () => server.kill(),
    restart: () => server.restart(),
    async stop() {
      await own.end();
      await server.stop();
    },
  };
}

function poolOf(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, connectionTimeoutMillis: 2_000 });
  // Idle connections break when the server goes, and it is no surprise to the next query.
  pool.on("error", () => undefined);
  return pool;
}

export async function redis(): Promise<Backend> {
  const server = await startRedis();
  return {
    async connect() {
      const client = new Redis(server.url, {
        enableOfflineQueue: false,
        maxRetriesPerRequest: 0,
        retryStrategy: () => 50,
        lazyConnect: true,
      });
      client.on("error", () => undefined);
      await client.connect();
      return {
        make: (window, more) => new RateLimiterRedis({ ...window, ...more, storeClient: client }),
        end: async () => client.disconnect(),
      };
    },
    keys: async () => [...((await server.command("KEYS", "*")) as string[])].sort(),
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    kill: () => server.kill(),
    restart: () => server.restart(),
    stop: () => server.stop(),
  };
}
