import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { defineFlux } from "@flux/core";
import { testFlux } from "@flux/core/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { writingApp } from "./app.ts";
import { issueKey } from "./customers.ts";
import { config } from "./flux.ts";

// The app's own config, with callers, plans and a clock that the tests command.
const flux = testFlux(config);
const acorn = flux.asPrincipal({ type: "apiKey", subject: "key-of-acorn", tenant: "acorn" });
const birch = flux.asPrincipal({ type: "apiKey", subject: "key-of-birch", tenant: "birch" });
const app = writingApp(flux);
app.silent = true; // Koa reports every reader who leaves
const server = app.listen(0, "127.0.0.1");

beforeAll(() => server.listening || once(server, "listening"));
beforeEach(() => flux.reset());
afterAll(() => void server.close());

const urlOf = (listening: Server) =>
  `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;

type Headers = Readonly<Record<string, string>>;

function ask(request: string, headers: Headers = {}, signal?: AbortSignal) {
  const [method, path] = request.split(" ") as [string, string];
  return fetch(urlOf(server) + path, { method, headers, ...(signal && { signal }) });
}

const wordsUsed = async (who: Headers) =>
  ((await (await ask("GET /usage", who)).json()) as { used: number }).used;

test("anyone may ask whether the service is up; nobody writes without a key", async () => {
  expect(await (await ask("GET /health")).json()).toEqual({ status: "ok" });
  expect((await ask("POST /drafts/otters")).status).toBe(401);
});

test("a draft costs the words that were written, not those that were reserved", async () => {
  const draft = await ask("POST /drafts/otters", acorn);
  expect(draft.status).toBe(200);
  expect(draft.headers.get("ratelimit")).toMatch(/"words";r=300/);
  expect(await draft.text()).toMatch(/^otters and more/);
  expect(await wordsUsed(acorn)).toBe(50);
});

test("a reader who leaves pays for what was written so far", async () => {
  const leaving = new AbortController();
  const essay = await ask("POST /essays/otters", birch, leaving.signal);
  const reader = essay.body?.getReader();
  await reader?.read();
  expect(await wordsUsed(birch)).toBe(200);
  leaving.abort();
  await expect.poll(() => wordsUsed(birch), { timeout: 4_000 }).not.toBe(200);
  expect(await wordsUsed(birch)).toBeGreaterThan(0);
});

test("words run out, and are there again next month", async () => {
  for (let asked = 0; asked < 7; asked++) {
    flux.clock.advance("1s"); // so that only the words run out
    await (await ask("POST /drafts/otters", acorn)).text();
  }
  expect(await wordsUsed(acorn)).toBe(350);
  const refused = await ask("POST /drafts/otters", acorn);
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({
    code: "quota_exceeded",
    remedy: { plans: ["pro"] },
  });
  flux.clock.advance("31d");
  expect((await ask("POST /drafts/otters", acorn)).status).toBe(200);
});

test("essays are sold with the pro plan", async () => {
  const refused = await ask("POST /essays/otters", acorn);
  expect(refused.status).toBe(402);
  expect(await refused.json()).toMatchObject({
    code: "feature_unavailable",
    remedy: { plans: ["pro"] },
  });
  flux.withPlan("acorn", "pro");
  expect((await ask("POST /essays/otters", acorn)).status).toBe(200);
});

test("in production a customer comes with a key that only the customer knows", async () => {
  const production = writingApp(defineFlux(config)).listen(0, "127.0.0.1");
  await once(production, "listening");
  const usage = (key: string) =>
    fetch(`${urlOf(production)}/usage`, { headers: { "x-api-key": key } });
  expect((await usage(await issueKey("acorn"))).status).toBe(200);
  expect((await usage("draft_not-a-key-of-anyone")).status).toBe(401);
  production.close();
});
