import { readFile, writeFile } from "node:fs/promises";
import { afterAll, describe, expect, test, vi } from "vitest";
import { faults } from "./faults.ts";
import type { Asked } from "./load.ts";
import { page, skeleton } from "./page.ts";
import { callers, type FaultReport, runFault } from "./run-fault.ts";
import { margin } from "./support.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 10_000 });

const reports: FaultReport[] = [];

describe.each(faults)("$name", (fault) => {
  test("is decided in time, charged once, and over when it is over", async () => {
    const report = await runFault(fault);
    reports.push(report);
    for (const { decisions } of Object.values(report.phases)) expect(decisions).toBeGreaterThan(50);
    // Each answer came within the budget, but for what this process was late itself.
    expect(report.worstExcess).toBeLessThan(margin);
    expect(report.phases.during.waited).toBeLessThanOrEqual(callers + 12);

    const during = report.asked.filter(
      ({ phase, kind }) => phase === "during" && kind !== "narrow",
    );
    const byStore = during.filter((each) => each.clean).length / during.length;
    if (fault.decider === "store") expect(byStore).toBeGreaterThan(0.8);
    if (fault.decider === "both") expect(byStore).toBeLessThan(1);
    if (fault.decider === "onError") expect(byStore).toBeLessThan(0.4);
    honoured(report.asked);
    expect(report.warnings).toEqual([]);

    for (const { kind, requests, allowed, refunded, refundsFailed, charged } of report.kinds) {
      // Of a refund whose key is gone nothing is given back.
      const atMost = fault.forgets ? requests : requests - refunded;
      expect(charged, `${kind}: at most once`).toBeLessThanOrEqual(atMost);
      const atLeast = fault.forgets ? 0 : allowed - refunded - refundsFailed;
      expect(charged, `${kind}: what was allowed`).toBeGreaterThanOrEqual(atLeast);
    }
  });
});

/** What is answered without the store is what each limit's `onError` says. */
function honoured(asked: readonly Asked[]): void {
  const answers = (...of: readonly string[]) => {
    const without = asked.filter(({ kind, clean }) => of.includes(kind) && !clean);
    return [...new Set(without.map(({ status }) => status))];
  };
  expect([200]).toEqual(expect.arrayContaining(answers("local", "allow")));
  expect([503]).toEqual(expect.arrayContaining(answers("deny", "metered")));
  expect([200, 429]).toEqual(expect.arrayContaining(answers("narrow")));
}

const file = new URL("../../docs/faults.md", import.meta.url);

afterAll(async () => {
  // A run of some of them tells nothing of the page.
  if (reports.length < faults.length) return;
  const text = page(reports);
  if (process.env.FLUX_WRITE_DOCS === "1") await writeFile(file, text);
  else expect(skeleton(text), "run `npm run faults`").toBe(skeleton(await readFile(file, "utf8")));
});
