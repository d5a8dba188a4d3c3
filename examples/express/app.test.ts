import { afterEach, beforeEach, expect, test } from "vitest";
import { type ClientName, type Servers, startServers } from "./servers.ts";

let servers: Servers;
beforeEach(async () => {
  servers = await startServers();
});
afterEach(() => servers.close());

/** Asks the API over HTTP, with a token from the identity provider. */
async function ask(request: string, client?: ClientName, body?: object) {
  const [method, path] = request.split(" ");
  const headers = new Headers({ "content-type": "application/json" });
  if (client) headers.set("authorization", `Bearer ${await servers.tokenFor(client)}`);
  return fetch(servers.api + path, { method, headers, body: body && JSON.stringify(body) });
}

async function tokensLeft(client: ClientName) {
  const response = await ask("GET /usage", client);
  const usage = (await response.json()) as { "ai-tokens": { remaining: number } };
  return usage["ai-tokens"].remaining;
}

test("anyone may ask whether the service is up", async () => {
  const response = await ask("GET /health");
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ status: "ok" });
});

test("a stranger is asked to sign in, and learns nothing else", async () => {
  const response = await ask("POST /exports");
  expect(response.status).toBe(401);
  expect(response.headers.get("www-authenticate")).toMatch(/^Bearer realm="[^"]*"$/);
  expect(JSON.stringify(await response.json())).not.toMatch(/exports/);
});

test("a report is read on behalf of the caller's own tenant", async () => {
  const response = await ask("GET /reports/7", "birch-reader");
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ report: "7", tenant: "birch" });
});

test("a token for another API is not accepted", async () => {
  const token = await servers.tokenFor("birch-app", "https://billing.example.com");
  const response = await fetch(`${servers.api}/reports/7`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(response.status).toBe(401);
  expect(response.headers.get("www-authenticate")).toContain('error="invalid_token"');
});

test("a missing scope is named", async () => {
  const response = await ask("POST /exports", "birch-reader");
  expect(response.status).toBe(403);
  expect(response.headers.get("www-authenticate")).toContain('scope="exports:write"');
  expect(await response.json()).toMatchObject({
    code: "insufficient_scope",
    remedy: { scopes: ["exports:write"] },
  });
});

test("what the plan does not include is refused, and the plans that do are named", async () => {
  for (const request of ["POST /exports", "POST /reports/7/share"]) {
    const response = await ask(request, "acorn-app");
    expect(response.status).toBe(402);
    expect(await response.json()).toMatchObject({
      code: "feature_unavailable",
      remedy: { plans: ["pro", "scale"] },
    });
  }
  expect((await ask("POST /exports", "birch-app")).status).toBe(202);
  expect((await ask("POST /reports/7/share", "birch-app")).status).toBe(200);
});

test("what is not released looks as if it did not exist, whatever the plan", async () => {
  const response = await ask("POST /exports", "cedar-app");
  expect(response.status).toBe(404);
  expect(JSON.stringify(await response.json())).not.toContain("exports-v2");
});

test("staff, and nobody else, see the internal pages", async () => {
  expect((await ask("GET /internal/tenants", "staff-console")).status).toBe(200);
  for (const path of ["/internal/tenants", "/INTERNAL/tenants", "/internal/tenants/"]) {
    expect((await ask(`GET ${path}`, "cedar-app")).status, path).toBe(403);
  }
});

test("a chat is charged what its answer took", async () => {
  expect((await ask("POST /chat", "acorn-app", { ask: "a haiku" })).status).toBe(200);
  expect(await tokensLeft("acorn-app")).toBe(10_000 - 523);
});

test("a chat whose model breaks down is free", async () => {
  expect((await ask("POST /chat", "acorn-app", { ask: "an outage" })).status).toBe(502);
  expect(await tokensLeft("acorn-app")).toBe(10_000);
});

test("a used-up quota stops one tenant, and tells when and how to go on", async () => {
  await ask("POST /chat", "acorn-app", { ask: "a novel" });
  await ask("POST /chat", "acorn-app", { ask: "a haiku" });
  const response = await ask("POST /chat", "acorn-app", { ask: "a haiku" });
  expect(response.status).toBe(429);
  expect(Number(response.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  expect(await response.json()).toMatchObject({
    code: "quota_exceeded",
    remedy: { plans: ["pro", "scale"] },
  });
  expect((await ask("POST /chat", "birch-app", { ask: "a haiku" })).status).toBe(200);
});

test("a burst stops one tenant, and only that one", async () => {
  const statuses: number[] = [];
  for (let asked = 0; asked < 12; asked++) {
    statuses.push((await ask("GET /reports/7", "acorn-app")).status);
  }
  expect(statuses.slice(0, 6)).toEqual([200, 200, 200, 200, 200, 200]);
  expect(statuses.at(-1)).toBe(429);
  expect((await ask("GET /reports/7", "birch-app")).status).toBe(200);
});

test("while an identity provider is down, those whose keys are known go on", async () => {
  await ask("GET /reports/7", "birch-app");
  await servers.tokenFor("staff-console");
  await Promise.all([servers.providers.customers.kill(), servers.providers.staff.kill()]);
  expect((await ask("GET /reports/7", "birch-app")).status).toBe(200);
  const response = await ask("GET /internal/tenants", "staff-console");
  expect(response.status).toBe(503);
  expect(Number(response.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
});
