import { inspect } from "node:util";
import { expect, test } from "vitest";
import { defineFlux } from "../../define-flux.ts";
import { atOnce, callers, defineService, quiet, request } from "../test-callers.ts";

const now = Date.UTC(2026, 0, 1, 12);
const flux = defineService({ acorn: { plan: "free" }, rot: { status: "suspended" } }, () => now);

const secrets = {
  claims: { email: "ann@example.com", org: "acorn", ssn: "078-05-1120" },
  tenant: "acorn",
};
const headers = {
  authorization: "Bearer eyJhbGciOi.secret-token",
  "x-api-key": "secret-key",
  cookie: "sid=secret-cookie",
};
const ask = async (line: string, as: object | undefined = secrets) =>
  flux.decide(request(line, { ...(as && { as }), headers }));
const lines = async (line: string, as?: object) => (await ask(line, as)).explain().checks;

test("every check has a line, with its outcome", async () => {
  expect(await lines("GET /all")).toEqual([
    { check: "request", outcome: "passed", detail: "GET /all; authentication required" },
    { check: "credentials", outcome: "passed", detail: "custom|ann (custom)" },
    { check: "tenant", outcome: "passed", detail: "acorn on plan free" },
    { check: "scopes a, b", outcome: "failed", detail: "insufficient_scope: lacks a, b" },
    { check: "roles any of x, y", outcome: "failed", detail: "forbidden: lacks x, y" },
    { check: "permissions p", outcome: "failed", detail: "forbidden: lacks p" },
    {
      check: "flag for-plans",
      outcome: "failed",
      detail: "flag_off: false (variant off, TARGETING_MATCH)",
    },
    {
      check: "feature exports",
      outcome: "failed",
      detail: "feature_unavailable: not included (plan free)",
    },
  ]);
});

test("what was not reached is said to be so, with nothing made up", async () => {
  const stranger = (await flux.decide(request("GET /all"))).explain();
  expect(stranger.checks[1]).toMatchObject({ check: "credentials", outcome: "failed" });
  for (const line of stranger.checks.slice(2)) expect(line.outcome, line.check).toBe("skipped");
  const suspended = await lines("POST /chat", { tenant: "rot" });
  expect(suspended.find(({ check }) => check === "tenant")).toMatchObject({ outcome: "failed" });
  expect(suspended.find(({ check }) => check === "quota tokens")).toMatchObject({
    outcome: "skipped",
  });
});

test("a charge tells what is left and until when", async () => {
  const charge = (await lines("POST /chat")).find(({ check }) => check === "quota tokens");
  expect(charge).toEqual({
    check: "quota tokens",
    outcome: "passed",
    detail: "40 of 100 left, 60 asked, 60 charged, anew at 2026-01-02T00:00:00.000Z",
  });
});

test("it prints one line a check", async () => {
  const printed = String((await ask("GET /exports")).explain());
  expect(printed.split("\n")[0]).toBe("GET refused: 402 feature_unavailable");
  expect(printed).toMatch(/\n {2}✓ tenant +acorn on plan free\n/);
  expect(printed).toMatch(
    /\n {2}✗ feature exports +feature_unavailable: not included \(plan free\)$/,
  );
});

test("no credential and no claim is in it, nor in what a log shows of a decision", async () => {
  for (const line of ["GET /all", "POST /chat", "GET /released", "GET /a%2fb", "GET /nowhere"]) {
    const decision = await ask(line);
    for (const text of [
      String(decision.explain()),
      JSON.stringify(decision.explain()),
      JSON.stringify(decision),
      inspect(decision, { depth: 20, showHidden: true }),
      `${inspect({ nested: { decision } }, { depth: 20 })}`,
    ])
      expect(text).not.toMatch(/secret|example\.com|078-05|email|ssn|authorization|cookie/i);
  }
});

test("a log shows the outcome", async () => {
  const decision = await ask("GET /exports");
  expect(JSON.parse(JSON.stringify(decision))).toEqual({
    allowed: false,
    status: 402,
    code: "feature_unavailable",
    denials: [expect.objectContaining({ code: "feature_unavailable", name: "exports" })],
    remedy: { plans: ["pro", "scale"] },
    principal: "custom|ann",
    tenant: { id: "acorn", plan: "free" },
    routes: ["GET /exports"],
    limits: [],
    degraded: [],
  });
});

test("costs are told only where the config asks for them", async () => {
  const timed = defineFlux({
    auth: callers,
    explain: true,
    routes: { "GET /": { scopes: "a" } },
    logger: quiet,
  });
  const checks = atOnce(timed.decide(request("GET /", { as: {} }))).explain().checks;
  expect(checks.find(({ check }) => check === "scopes a")?.cost).toBeGreaterThanOrEqual(0);
  expect((await lines("GET /all")).some((line) => "cost" in line)).toBe(false);
});

test("explaining changes nothing", async () => {
  const decision = await ask("POST /chat", { tenant: "acorn", subject: "bob" });
  const first = String(decision.explain());
  expect(String(decision.explain())).toBe(first);
  expect(decision.limits).toHaveLength(1);
});
