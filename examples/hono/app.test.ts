import { hashApiKey } from "@flux/core";
import { testFlux } from "@flux/core/testing";
import { beforeEach, expect, test } from "vitest";
import { reportsApp } from "./app.ts";
import { findKey } from "./data.ts";
import { config } from "./flux.ts";

// The app's own config, with callers, plans, flags and a clock that the tests command.
const flux = testFlux(config);
const app = reportsApp(flux, { connInfo: () => ({ remote: { address: "203.0.113.7" } }) });
beforeEach(() => flux.reset());

const everything = ["reports:read", "exports:write"];
const acorn = flux.asPrincipal({ subject: "acorn-app", tenant: "acorn", scopes: everything });
const birch = flux.asPrincipal({ subject: "birch-app", tenant: "birch", scopes: everything });
const staff = flux.asPrincipal({ subject: "console", roles: ["staff"] });

/** Asks the app, without a server: `app.request` is Hono's own way to test. */
async function ask(request: string, headers: Record<string, string> = {}, body?: object) {
  const [method, path] = request.split(" ") as [string, string];
  return app.request(path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
}

const tokensUsed = async (caller: Record<string, string>) => {
  const usage = (await (await ask("GET /usage", caller)).json()) as {
    "ai-tokens": { used: number };
  };
  return usage["ai-tokens"].used;
};

test("anyone may ask whether the service is up, and a stranger learns nothing else", async () => {
  expect(await (await ask("GET /health")).json()).toEqual({ status: "ok" });
  const refused = await ask("POST /exports");
  expect(refused.status).toBe(401);
  expect(await refused.text()).not.toMatch(/exports/);
});

test("a report is read on behalf of the caller's own tenant", async () => {
  const response = await ask("GET /reports/7", birch);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ report: "7", tenant: "birch" });
});

test("what the plan does not include is refused until it is bought", async () => {
  for (const request of ["POST /exports", "POST /reports/7/share"]) {
    const response = await ask(request, acorn);
    expect(response.status).toBe(402);
    expect(await response.json()).toMatchObject({ remedy: { plans: ["pro"] } });
  }
  flux.withPlan("acorn", "pro");
  expect((await ask("POST /exports", acorn)).status).toBe(202);
});

test("what is not released looks as if it did not exist", async () => {
  flux.withFlag("exports-v2", false);
  expect((await ask("POST /exports", birch)).status).toBe(404);
});

test("staff, and nobody else, see the internal pages, however the path is spelt", async () => {
  expect((await ask("GET /internal/tenants", staff)).status).toBe(200);
  for (const path of ["/internal/tenants", "/INTERNAL/tenants", "/%69nternal/tenants"])
    expect((await ask(`GET ${path}`, birch)).status, path).toBe(403);
});

test("a burst stops one tenant for a while, and only that one", async () => {
  const statuses: number[] = [];
  for (let asked = 0; asked < 7; asked++)
    statuses.push((await ask("GET /reports/7", acorn)).status);
  expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 429]);
  expect((await ask("GET /reports/7", birch)).status).toBe(200);
  flux.clock.advance("2s");
  expect((await ask("GET /reports/7", acorn)).status).toBe(200);
});

test("passwords are guessed five times a minute from one address", async () => {
  for (let guess = 0; guess < 5; guess++) expect((await ask("POST /login")).status).toBe(401);
  expect((await ask("POST /login")).status).toBe(429);
});

test("a chat is charged what its answer took, and nothing where there was none", async () => {
  const answered = await ask("POST /chat", acorn, { ask: "a haiku" });
  expect(await answered.text()).toMatch(/^Here is a haiku/);
  expect(await tokensUsed(acorn)).toBe(523);
  const failed = await ask("POST /chat", acorn, { ask: "an outage" });
  expect(failed.status).toBe(502);
  await failed.text(); // a response has ended when its body has been read
  expect(await tokensUsed(acorn)).toBe(523);
});

test("whoever leaves in the middle of an answer gets the reserved tokens back", async () => {
  const answered = await ask("POST /chat", acorn, { ask: "a novel" });
  expect(await tokensUsed(acorn)).toBe(2_000);
  await answered.body?.cancel();
  await expect.poll(() => tokensUsed(acorn)).toBe(0);
});

test("the demo's keys are known, by their hashes alone", async () => {
  expect(await findKey(await hashApiKey("acorn-app-demo-key"))).toMatchObject({ tenant: "acorn" });
  expect(await findKey("acorn-app-demo-key")).toBeUndefined();
});
