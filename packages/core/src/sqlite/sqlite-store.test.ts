import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ratePolicy } from "../limits/policy.ts";
import { sqliteStore } from "./sqlite-store.ts";

const policy = ratePolicy({ name: "api", quota: 10, window: 60_000 });

test("a settlement needs amounts, also where its receipt is of another store", () => {
  const directory = mkdtempSync(join(tmpdir(), "flux-sqlite-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const store = sqliteStore(join(directory, "flux.db"));
  onTestFinished(() => store.close());
  const receipt = {
    owner: "acme",
    charges: [{ policy, partition: "", cost: 1 }],
    outcome: { allowed: true, at: 0, marks: [0, 0], ticket: "of another" },
  };
  store.settle(receipt, [0]);
  expect(() => store.settle(receipt, [-1])).toThrow(
    expect.objectContaining({ code: "settle_invalid" }),
  );
});
