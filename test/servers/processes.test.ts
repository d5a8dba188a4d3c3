import { join } from "node:path";
import { expect, test, vi } from "vitest";
import type { ChargerArguments } from "./charger.ts";
import { runTogether, startProcesses } from "./processes.ts";

vi.setConfig({ testTimeout: 60_000 });

const charger = join(import.meta.dirname, "charger.ts");
const given: ChargerArguments = {
  store: { kind: "memory" },
  config: {
    tenant: { from: { header: "x-tenant" } },
    limits: { api: { quota: 5, window: "1h", by: "tenant" } },
  },
  tenant: "acme",
  subject: "ann",
  requirement: { limit: "api" },
  calls: 20,
};

test("processes run apart, and tell what came of it", async () => {
  const told = await runTogether(charger, [given, { ...given, calls: 3 }]);
  expect(told).toEqual([
    [{ codes: { allowed: 5, rate_limited: 15 }, degraded: 0, errors: [] }],
    [{ codes: { allowed: 3 }, degraded: 0, errors: [] }],
  ]);
});

test("a process can be killed, and the others go on", async () => {
  const [first, second] = startProcesses(charger, [given, given]);
  await Promise.all([first?.ready(), second?.ready()]);
  await first?.kill();
  await expect(first?.finished()).rejects.toThrow("SIGKILL");
  second?.go();
  expect(await second?.finished()).toEqual([
    { codes: { allowed: 5, rate_limited: 15 }, degraded: 0, errors: [] },
  ]);
});

test("a process that fails says why", async () => {
  const wrong = { ...given, requirement: { limit: "none" } };
  const [process] = startProcesses(charger, [wrong]);
  await process?.ready();
  process?.go();
  await expect(process?.finished()).rejects.toThrow(/limit/);
});
