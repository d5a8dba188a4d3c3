/**
 * 2,000 requests at once, from four processes with a Flux each, against three limits and a monthly quota:
 * exactly as many are admitted as the smallest of them allows, and exactly that is charged on each.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineFlux } from "@flux/core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { ChargerArguments, ChargerReport } from "../servers/charger.ts";
import { startCluster } from "../servers/cluster.ts";
import { openStore, type StoreDescription } from "../servers/open-store.ts";
import { runTogether } from "../servers/processes.ts";
import { startRedis } from "../servers/redis.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

interface Running {
  readonly store: StoreDescription;
  close(): Promise<void>;
}

const stores: { readonly name: string; readonly start: () => Promise<Running> }[] = [
  {
    name: "Redis",
    async start() {
      const server = await startRedis();
      return { store: { kind: "redis", url: server.url }, close: () => server.stop() };
    },
  },
  {
    name: "Redis Cluster",
    async start() {
      const cluster = await startCluster();
      return { store: { kind: "cluster", urls: cluster.urls }, close: () => cluster.stop() };
    },
  },
  {
    name: "SQLite",
    async start() {
      const directory = await mkdtemp(join(tmpdir(), "flux-exactness-"));
      return {
        store: { kind: "sqlite", file: join(directory, "counters.db") },
        close: () => rm(directory, { recursive: true }),
      };
    },
  },
];

const processes = 4;
const requests = 2_000;

/** A unit refills in a minute at the earliest: within the test, none does. */
const window = "1000h";
const sizes = { everybody: 1_300, person: 1_100, key: 1_700, calls: 1_500 };
type Name = keyof typeof sizes;
const requirement = { limit: ["everybody", "person", "key"], use: { calls: 1 } } as const;

const configOf = (sizes: Record<Name, number>) =>
  ({
    tenant: { from: { header: "x-tenant" } },
    features: { calls: { kind: "metered", per: "month" } },
    plans: { only: { features: { calls: sizes.calls } } },
    defaultPlan: "only",
    limits: {
      everybody: { quota: sizes.everybody, window, by: "tenant" },
      person: { quota: sizes.person, window, by: "principal" },
      key: { quota: sizes.key, window, by: "principal" },
    },
  }) as const;

const smallest: readonly Name[] = ["everybody", "person", "calls"];

describe.each(stores)("on $name", ({ start }) => {
  let running: Running;
  beforeAll(async () => {
    running = await start();
  });
  afterAll(() => running?.close());

  test.each(smallest)("the smallest is `%s`", async (name) => {
    const { store } = running;
    const allowance = 700;
    const config = configOf({ ...sizes, [name]: allowance });
    const caller = { tenant: `smallest-is-${name}`, subject: "ann" };
    const calls = requests / processes;
    const given: ChargerArguments = { store, config, ...caller, requirement, calls };
    const told = await runTogether<ChargerReport>(
      join(import.meta.dirname, "../servers/charger.ts"),
      Array.from({ length: processes }, () => given),
    );
    const reports = told.flat();
    for (const { degraded, errors } of reports)
      expect({ degraded, errors }).toEqual({ degraded: 0, errors: [] });
    const refusal = name === "calls" ? "quota_exceeded" : "rate_limited";
    expect(sumOf(reports)).toEqual({ allowed: allowance, [refusal]: requests - allowance });
    const charged = await chargedOn(store, config, caller);
    expect(charged).toEqual({
      everybody: allowance,
      person: allowance,
      key: allowance,
      calls: allowance,
    });
  });
});

function sumOf(reports: readonly ChargerReport[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const { codes } of reports)
    for (const [code, count] of Object.entries(codes)) sum[code] = (sum[code] ?? 0) + count;
  return sum;
}

/** What is used of each, told by another decision, which is refused and so changes nothing. */
async function chargedOn(
  description: StoreDescription,
  config: ReturnType<typeof configOf>,
  caller: { tenant: string; subject: string },
): Promise<Record<string, number>> {
  const store = openStore(description);
  try {
    const flux = defineFlux({ ...config, store });
    const decision = await flux.as(caller).decide(requirement);
    expect(decision.allowed).toBe(false);
    return Object.fromEntries(
      decision.limits.map(({ name, quota, remaining }) => [
        name,
        Number(quota) - Number(remaining),
      ]),
    );
  } finally {
    await store.close?.();
  }
}
