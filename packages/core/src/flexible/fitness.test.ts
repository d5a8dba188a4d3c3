import { defineFlux } from "@flux/core";
import {
  BurstyRateLimiter,
  RateLimiterEtcd,
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterQueue,
  RateLimiterRedis,
  RateLimiterRedisNonAtomic,
  RateLimiterUnion,
  RLWrapperBlackAndWhite,
  RLWrapperTimeouts,
} from "rate-limiter-flexible";
import { describe, expect, test } from "vitest";
import { type FlexibleStoreOptions, flexibleStore } from "./flexible-store.ts";
import type { FlexibleLimiter, FlexibleWindow } from "./limiter.ts";

const api = { quota: 10, window: "1m" as const, by: "ip" as const };
const memory = (window: FlexibleWindow) => new RateLimiterMemory(window);
/** Never asked here. */
const client = { query: async () => ({ rows: [] }), defineCommand: () => undefined };
const postgres = (window: FlexibleWindow) =>
  new RateLimiterPostgres({
    ...window,
    storeClient: client,
    storeType: "client",
    tableName: "limits",
    tableCreated: true,
    clearExpiredByTimeout: false,
  });

/** What the config's list of mistakes says. */
function problems(make: (window: FlexibleWindow) => unknown, config: object): string[] {
  try {
    defineFlux({
      routes: {},
      store: flexibleStore(make as (window: FlexibleWindow) => FlexibleLimiter),
      ...config,
    } as never);
    return [];
  } catch (error) {
    return (error as { problems: { path: string; message: string }[] }).problems.map(
      ({ path, message }) => `${path}: ${message}`,
    );
  }
}

/** Why a limiter cannot count `limits.api`. */
const about = (make: (window: FlexibleWindow) => unknown, limit: object = api) =>
  problems(make, { limits: { api: limit } });

describe("what a config may ask for", () => {
  test("whole seconds, in a limit and in its plans, and failed credentials", () => {
    const config = {
      auth: {
        apiKeys: { header: "x-api-key", lookup: async () => null },
        failures: { quota: 5, window: "1m" },
      },
      plans: { free: {}, pro: {} },
      defaultPlan: "free",
      limits: {
        api: { ...api, by: "principal", plans: { pro: { quota: 100 } } },
        door: { quota: 5, window: "2s", burst: 5, by: "ip" },
      },
    };
    expect(problems(memory, config)).toEqual([]);
  });

  test("no metered features, no other burst, no fraction of a second, each told where it stands", () => {
    const config = {
      auth: {
        apiKeys: { header: "x-api-key", lookup: async () => null },
        failures: { quota: 5, window: "250ms" },
      },
      features: { tokens: { kind: "metered", per: "month" } },
      plans: { free: { features: { tokens: 5 } }, pro: { features: { tokens: 9 } } },
      defaultPlan: "free",
      limits: {
        api: { ...api, by: "principal", burst: 20, plans: { pro: { window: "1.5s", burst: 10 } } },
      },
    };
    expect(problems(memory, config)).toEqual([
      "auth.failures: window must be a whole number of seconds for flexibleStore, got 250 ms.",
      "features.tokens: flexibleStore cannot count metered features: its windows know no calendar, and begin with the first request. Use memoryStore, sqliteStore or redisStore.",
      "limits.api: burst must be left out: flexibleStore counts in fixed windows, which admit the quota of 10 at once, not 20.",
      "limits.api.plans.pro: window must be a whole number of seconds for flexibleStore, got 1500 ms.",
    ]);
  });

  test("one limit a request", () => {
    const limits = { api, door: api };
    const routes = { "POST /": { auth: "none", limit: ["api", "door"] } };
    expect(problems(memory, { limits, routes })).toEqual([
      expect.stringMatching(/^routes\["POST \/"\]: charges several counters at once/),
    ]);
  });
});

describe("limiters that count", () => {
  test.each([
    ["RateLimiterMemory", memory],
    ["RateLimiterPostgres", postgres],
    [
      "RateLimiterRedis",
      (window: FlexibleWindow) => new RateLimiterRedis({ ...window, storeClient: client }),
    ],
    [
      "with a prefix of the app's",
      (window: FlexibleWindow) =>
        new RateLimiterMemory({ ...window, keyPrefix: `staging_${window.keyPrefix}` }),
    ],
    [
      "that block",
      (window: FlexibleWindow) => new RateLimiterMemory({ ...window, blockDuration: 60 }),
    ],
    [
      "of an app's own class",
      (window: FlexibleWindow) => new (class extends RateLimiterMemory {})(window),
    ],
  ])("%s", (_name, make) => {
    expect(about(make)).toEqual([]);
  });
});

describe("limiters that do not", () => {
  test.each<[string, (window: FlexibleWindow) => unknown, string]>([
    [
      "RateLimiterUnion",
      (window) => new RateLimiterUnion(memory(window)),
      "RateLimiterUnion charges several counters, and all of them where one refuses: make one limiter for each limit.",
    ],
    [
      "BurstyRateLimiter",
      (window) => new BurstyRateLimiter(memory(window), memory(window)),
      "BurstyRateLimiter cannot give anything back: fixed windows have no burst, so make the one limiter alone.",
    ],
    [
      "RateLimiterQueue",
      (window) => new RateLimiterQueue(memory(window)),
      "RateLimiterQueue makes requests wait instead of refusing them.",
    ],
    [
      "RLWrapperBlackAndWhite",
      (window) => new RLWrapperBlackAndWhite({ limiter: memory(window) }),
      "RLWrapperBlackAndWhite answers for listed keys without counting: make the limiter that it wraps.",
    ],
    [
      "RLWrapperTimeouts",
      (window) => new RLWrapperTimeouts({ limiter: memory(window), timeoutMs: 5 }),
      "RLWrapperTimeouts hides its limiter's numbers: make the limiter that it wraps, and give flexibleStore a timeout.",
    ],
    [
      "RateLimiterRedisNonAtomic",
      (window) => new RateLimiterRedisNonAtomic({ ...window, storeClient: client }),
      "RateLimiterRedisNonAtomic reads and writes in turn, so requests at the same time are not counted: use RateLimiterRedis.",
    ],
    [
      "RateLimiterEtcd",
      (window) => new RateLimiterEtcd({ ...window, storeClient: client }),
      "RateLimiterEtcd never begins a new window: its keys do not expire.",
    ],
    [
      "nothing",
      () => undefined,
      "its limiter is nothing: the function given to flexibleStore must return a limiter of rate-limiter-flexible.",
    ],
    [
      "a promise",
      async () => Promise.reject(new Error("no")),
      "its limiter is a promise: the function given to flexibleStore must return a limiter at once.",
    ],
    [
      "something else",
      (window) => ({ ...window, consume() {}, get() {} }),
      "its limiter, an object without a class, has no reward, no penalty: it is none of rate-limiter-flexible's that Flux can count with.",
    ],
    [
      "one that cannot be made",
      (window) => new RateLimiterRedis({ ...window, storeClient: undefined }),
      "its limiter could not be made: storeClient is not set",
    ],
    [
      "of other points",
      (window) => new RateLimiterMemory({ ...window, points: 11 }),
      "its limiter has points 11 where 10 was asked for: spread the options that the function is given.",
    ],
    [
      "of another duration",
      (window) => new RateLimiterMemory({ ...window, duration: 1 }),
      "its limiter has duration 1 where 60 was asked for: spread the options that the function is given.",
    ],
    [
      "of a prefix that others may have",
      (window) => new RateLimiterMemory({ ...window, keyPrefix: "api" }),
      'its limiter has keyPrefix "api", which must end in "flux_api_60", or limits would share counters: spread the options that the function is given.',
    ],
    [
      "that delay",
      (window) => new RateLimiterMemory({ ...window, execEvenly: true }),
      "its limiter has execEvenly, which delays requests instead of deciding them: leave it out.",
    ],
    [
      "that are insured",
      (window) =>
        new RateLimiterRedis({ ...window, storeClient: client, insuranceLimiter: memory(window) }),
      "its limiter has an insuranceLimiter, which counts elsewhere without saying so: leave it out, and let the limit's onError decide.",
    ],
    [
      "that would block for longer than a timer lasts",
      (window) => new RateLimiterMemory({ ...window, blockDuration: 2_592_000 }),
      "blockDuration must be at most 2,147,483 s (24 days) in RateLimiterMemory: a longer timer fires at once and drops the counter.",
    ],
  ])("%s", (_name, make, reason) => {
    expect(about(make)).toEqual([`limits.api: ${reason}`]);
  });

  test("one for two limits", () => {
    const one = memory({ keyPrefix: "flux_api_60", points: 10, duration: 60 });
    expect(problems(() => one, { limits: { api, door: api } })).toEqual([
      'limits.door: its limiter has keyPrefix "flux_api_60", which must end in "flux_door_60", or limits would share counters: spread the options that the function is given.',
    ]);
  });
});

describe("ranges", () => {
  test.each([
    ["2147483s", []],
    [
      "25d",
      [
        "limits.api: window must be at most 2,147,483 s (24 days) in RateLimiterMemory: a longer timer fires at once and drops the counter.",
      ],
    ],
  ])("a window of %s in RateLimiterMemory", (window, expected) => {
    expect(about(memory, { ...api, window })).toEqual(expected);
  });

  test.each([
    [1_000_000_000, []],
    [
      1_000_000_001,
      [
        "limits.api: quota must be at most 1,000,000,000 in RateLimiterPostgres, whose counters may have 32 bits.",
      ],
    ],
  ])("a quota of %d in RateLimiterPostgres", (quota, expected) => {
    expect(about(postgres, { ...api, window: "365d", quota })).toEqual(expected);
  });
});

describe("options", () => {
  test.each<[FlexibleStoreOptions, string]>([
    [{ timeout: 0 }, "timeout must be from 1 ms to 1 minute, got 0"],
    [{ timeout: "2m" }, 'timeout must be from 1 ms to 1 minute, got "2m"'],
    [{ timeout: "soon" as never }, 'timeout must be from 1 ms to 1 minute, got "soon"'],
    [{ processes: 0 }, "processes must be an integer of at least 1, got 0"],
    [{ processes: 1.5 }, "processes must be an integer of at least 1, got 1.5"],
  ])("%j", (options, message) => {
    expect(() => flexibleStore(memory, options)).toThrow(`flexibleStore: ${message}`);
  });

  test("a limiter in place of the function that makes them", () => {
    const limiter = memory({ keyPrefix: "a", points: 1, duration: 1 });
    expect(() => flexibleStore(limiter as never)).toThrow(
      "flexibleStore: expected a function that makes a limiter, got an instance of RateLimiterMemory",
    );
  });
});
