import { DatabaseSync } from "node:sqlite";
import { type Decision, defineFlux, type Facts, type Flux } from "@flux/core";
import { sqliteStore } from "@flux/core/sqlite";
import { expect, it, onTestFinished } from "vitest";
import { newFile } from "./files.ts";

const report: Facts = { method: "GET", url: "/reports", headers: {}, ip: "192.0.2.1" };
const chat: Facts = { ...report, method: "POST", url: "/chat" };

/** A Flux as one process has it. */
function fluxOn(file: string): Flux {
  const flux = defineFlux({
    auth: { custom: () => ({ subject: "ada", tenant: "acme" }) },
    tenant: { from: { claim: "org" } },
    features: { tokens: { kind: "metered", per: "month" } },
    plans: { free: { features: { tokens: 1_000 } } },
    defaultPlan: "free",
    limits: { api: { quota: 3, window: "1h", by: "tenant" } },
    routes: { "GET /reports": { limit: "api" }, "POST /chat": { use: { tokens: 600 } } },
    store: sqliteStore({ file, timeout: 10 }),
  }) as unknown as Flux;
  onTestFinished(() => flux.close());
  return flux;
}

it("serves several Flux at once, without a promise where nothing else waits", async () => {
  const file = newFile();
  const [one, other] = [fluxOn(file), fluxOn(file)];
  expect(((await one.decide(report)) as Decision).allowed).toBe(true);
  const second = other.decide(report) as Decision;
  expect(second.allowed).toBe(true);
  expect((one.decide(report) as Decision).allowed).toBe(true);
  expect(((await other.decide(report)) as Decision).code).toBe("rate_limited");
  await second.refund();
  expect((await one.decide(report)).allowed).toBe(true);

  const used = await one.decide(chat);
  expect((await other.decide(chat)).code).toBe("quota_exceeded");
  await used.settle({ tokens: 100 });
  expect((await other.decide(chat)).allowed).toBe(true);
});

it("leaves what happens while the file is locked to onError", async () => {
  const file = newFile();
  const flux = fluxOn(file);
  const errors: unknown[] = [];
  flux.on("error", (event) => errors.push(event));
  expect((await flux.decide(chat)).allowed).toBe(true);
  const other = new DatabaseSync(file);
  other.exec("BEGIN IMMEDIATE");
  const limited = await flux.decide(report);
  expect(limited.allowed).toBe(true);
  expect(limited.degraded).toContain("store");
  const metered = await flux.decide({ ...chat, url: "/chat" });
  expect(metered.code).toBe("unavailable");
  expect(errors.length).toBeGreaterThan(0);
  other.close();
  expect((await flux.decide(report)).degraded).toEqual([]);
});
