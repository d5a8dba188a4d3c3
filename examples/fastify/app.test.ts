import { defineFlux } from "@flux/core";
import { testFlux } from "@flux/core/testing";
import { afterAll, beforeEach, expect, test } from "vitest";
import { invoicesApp } from "./app.ts";
import { issueKey } from "./customers.ts";
import { config } from "./flux.ts";

// The app's own config, with callers, plans, flags and a clock that the tests command.
const flux = testFlux(config);
const app = await invoicesApp(flux);
beforeEach(() => flux.reset());
afterAll(() => app.close());

const scopes = ["invoices:read", "invoices:write"];
const reader = flux.asPrincipal({ subject: "ann", tenant: "acorn", scopes: "invoices:read" });
const acorn = flux.asPrincipal({ subject: "ann", tenant: "acorn", scopes });
const birch = flux.asPrincipal({ subject: "bea", tenant: "birch", scopes });

type Headers = Readonly<Record<string, string>>;

function ask(request: string, headers: Headers = {}, payload?: object) {
  const [method, url] = request.split(" ") as ["GET" | "POST", string];
  return app.inject({ method, url, headers, ...(payload && { payload }) });
}

test("anyone may ask whether the service is up; a stranger learns nothing else", async () => {
  expect((await ask("GET /health")).json()).toEqual({ status: "ok" });
  for (const path of ["/invoices/7", "/nowhere"])
    expect((await ask(`GET ${path}`)).statusCode).toBe(401);
});

test("an invoice is read on behalf of the caller's own tenant", async () => {
  expect((await ask("GET /invoices/7", reader)).json()).toEqual({ invoice: "7", of: "acorn" });
});

test("a missing scope is named", async () => {
  const refused = await ask("POST /invoices/7/reminders", reader);
  expect(refused.statusCode).toBe(403);
  expect(refused.json()).toMatchObject({ remedy: { scopes: ["invoices:write"] } });
});

test("PDFs are sold with the business plan, and cost five times as much", async () => {
  const refused = await ask("GET /invoices/7/pdf", acorn);
  expect(refused.statusCode).toBe(402);
  expect(refused.json()).toMatchObject({ remedy: { plans: ["business"] } });
  expect(refused.headers.ratelimit).toBeUndefined(); // what is refused costs nothing

  flux.withPlan("acorn", "business");
  for (const left of [5, 0]) {
    const pdf = await ask("GET /invoices/7/pdf", acorn);
    expect(pdf.statusCode).toBe(200);
    expect(pdf.headers.ratelimit).toContain(`"api";r=${left}`);
  }
  expect((await ask("GET /invoices/7/pdf", acorn)).statusCode).toBe(429);
  flux.clock.advance("1s");
  expect((await ask("GET /invoices/7/pdf", acorn)).statusCode).toBe(200);
});

test("reminders are released to one tenant, and can be to all", async () => {
  expect((await ask("POST /invoices/7/reminders", birch)).statusCode).toBe(202);
  expect((await ask("POST /invoices/7/reminders", acorn)).statusCode).toBe(404);
  flux.withFlag("reminders", true);
  expect((await ask("POST /invoices/7/reminders", acorn)).statusCode).toBe(202);
});

test("a plan has room for so many customers", async () => {
  const statuses: number[] = [];
  for (const name of ["one", "two", "three"])
    statuses.push((await ask("POST /customers", acorn, { name })).statusCode);
  expect(statuses).toEqual([201, 201, 409]);
});

test("in production a customer comes with a key that only the customer knows", async () => {
  const production = await invoicesApp(defineFlux(config));
  const read = async (key: string) =>
    (await production.inject({ url: "/invoices/7", headers: { "x-api-key": key } })).statusCode;
  expect(await read(await issueKey("acorn", "invoices:read"))).toBe(200);
  expect(await read("inv_not-a-key-of-anyone")).toBe(401);
  await production.close();
});
