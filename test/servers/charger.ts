/**
 * A process that makes decisions with a Flux of its own, all of one caller, on a store that others may
 * share. It says ready, waits for the signal, and tells one `ChargerReport`.
 */
import { defineFlux } from "../../packages/core/src/index.ts";
import { openStore, type StoreDescription } from "./open-store.ts";
import { finish, ready, tell, workerArguments } from "./worker.ts";

export interface ChargerArguments {
  readonly store: StoreDescription;
  /** `features`, `plans`, `limits` and so on, as a config has them. */
  readonly config: object;
  readonly tenant: string;
  readonly subject: string;
  /** What each decision asks for. */
  readonly requirement: object;
  /** Decisions made. */
  readonly calls: number;
  /** Decisions under way at once; default: all. */
  readonly concurrency?: number;
}

export interface ChargerReport {
  /** Decisions by their code: `allowed`, `rate_limited` and so on. */
  readonly codes: { readonly [code: string]: number };
  /** Decisions that were made without the store. */
  readonly degraded: number;
  /** What went wrong behind them, each message once. */
  readonly errors: readonly string[];
}

async function main(): Promise<void> {
  const given = workerArguments<ChargerArguments>();
  const { config, calls, concurrency = calls, requirement } = given;
  const store = openStore(given.store);
  // The config is data here: its names are of no type.
  const flux = defineFlux({ ...(config as { limits: Record<string, never> }), store });
  const errors = new Set<string>();
  flux.on("error", ({ error }) => errors.add(String(error)));
  const caller = flux.as({ tenant: given.tenant, subject: given.subject });
  // The connection is made, and the tenant's plan known, before anybody counts.
  await caller.decide({});
  await store.charge("charger", []);
  await ready();

  const codes: Record<string, number> = {};
  let degraded = 0;
  let begun = 0;
  const chargeInTurn = async () => {
    while (begun < calls) {
      begun++;
      const decision = await caller.decide(requirement);
      codes[decision.code] = (codes[decision.code] ?? 0) + 1;
      if (decision.degraded.length > 0) degraded++;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, chargeInTurn));
  tell({ codes, degraded, errors: [...errors] } satisfies ChargerReport);
  await store.close?.();
  finish();
}

await main();
