/** The issuer goes down and comes back: who is known goes on for a bounded time, strangers wait. */
import { defineFlux } from "@flux/core";
import { expressFlux } from "@flux/express";
import express from "express";
import { afterEach, beforeEach, expect, test } from "vitest";
import { audience, type Served, serve, startIssuer } from "./support.ts";

const minute = 60_000;
/** The machine may be busy. */
const patience = { timeout: 4_000 };
let issuer: Awaited<ReturnType<typeof startIssuer>>;
let api: Served;
let ahead: number;
const errors: string[] = [];

beforeEach(async () => {
  ahead = 0;
  errors.length = 0;
  issuer = await startIssuer();
  const flux = defineFlux({
    auth: { jwt: { issuer: issuer.issuer, audience, staleKeys: "30m" } },
    routes: { "GET /open": "public" },
    now: () => Date.now() + ahead,
  });
  flux.on("error", ({ source }) => errors.push(source));
  const app = express();
  app.use(expressFlux(flux)());
  app.get("/*path", (request, response) => {
    response.json({ degraded: request.flux?.degraded, who: request.flux?.principal?.subject });
  });
  api = await serve(app);
});
afterEach(async () => {
  await Promise.all([api.close(), issuer.close()]);
});

async function ask(token: string, path = "/me") {
  const response = await fetch(`${api.url}${path}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const text = await response.text();
  return {
    status: response.status,
    retryAfter: response.headers.get("retry-after"),
    body: JSON.parse(text),
  };
}

test("down from the start: unavailable, not a bad token, and public routes stay up", async () => {
  const token = await issuer.tokenFor("staff");
  await issuer.kill();
  const answer = await ask(token);
  expect(answer).toMatchObject({ status: 503, body: { code: "unavailable" } });
  expect(Number(answer.retryAfter)).toBeGreaterThanOrEqual(1);
  expect((await fetch(`${api.url}/open`)).status).toBe(200);
  expect(errors).toContain("jwks");
});

test("down later: known keys serve within the bound and say so, then no more", async () => {
  const [known, unseen] = [await issuer.tokenFor("staff"), await issuer.tokenFor("member")];
  expect(await ask(known)).toMatchObject({ status: 200, body: { degraded: [] } });
  await issuer.kill();
  expect(await ask(known)).toMatchObject({ status: 200, body: { degraded: [] } });

  ahead = 12 * minute; // the keys should have been looked at again
  await ask(known);
  await expect
    .poll(() => ask(known), patience)
    .toMatchObject({ status: 200, body: { degraded: ["jwks"] } });
  expect(await ask(unseen)).toMatchObject({
    status: 200,
    body: { who: "member", degraded: ["jwks"] },
  });

  ahead = 32 * minute; // beyond staleKeys
  expect(await ask(known)).toMatchObject({ status: 503, body: { code: "unavailable" } });
  expect(await ask(unseen)).toMatchObject({ status: 503 });

  await issuer.restart();
  ahead = 34 * minute; // beyond any back-off
  await expect
    .poll(() => ask(known), patience)
    .toMatchObject({ status: 200, body: { degraded: [] } });
});

test("a key that left the issuer's set takes its tokens with it", async () => {
  const token = await issuer.tokenFor("staff");
  expect((await ask(token)).status).toBe(200);
  await issuer.rotate();
  const next = await issuer.tokenFor("staff");
  ahead = 11 * minute;
  await expect.poll(async () => (await ask(token)).status, patience).toBe(401);
  expect(await ask(next)).toMatchObject({ status: 200, body: { degraded: [] } });
});
