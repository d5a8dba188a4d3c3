/** Whom a limit by address counts: a web request has no address, so something must tell. */
import { defineFlux, type FluxConfig } from "@flux/core";
import { type HonoFluxOptions, honoFlux } from "@flux/hono";
import { getConnInfo } from "@hono/node-server/conninfo";
import { Hono } from "hono";
import { afterEach, describe, expect, test } from "vitest";
import { quiet, type Served, serveHono } from "./support.ts";

let api: Served | undefined;
afterEach(() => api?.close());

const define = (clientIp?: FluxConfig["clientIp"]) =>
  defineFlux({
    ...(clientIp && { clientIp }),
    limits: { ring: { quota: 1, window: "1h", burst: 2, by: "ip" } },
    routes: { "POST /ring": { auth: "none", limit: "ring" }, "GET /open": "public" },
    logger: quiet,
  });

function appOf(options: HonoFluxOptions, clientIp?: FluxConfig["clientIp"]) {
  const app = new Hono();
  app.use(honoFlux(define(clientIp), options)());
  app.on(["GET", "POST"], ["/ring", "/open"], (c) => c.body(null));
  app.onError((error, c) => c.text(error.message, 500));
  return app;
}

async function start(options: HonoFluxOptions, clientIp?: FluxConfig["clientIp"]) {
  api = await serveHono(appOf(options, clientIp));
}

async function ring(forwarded?: string): Promise<number> {
  const headers: Record<string, string> = forwarded ? { "x-forwarded-for": forwarded } : {};
  return (await fetch(`${api?.url}/ring`, { method: "POST", headers })).status;
}

/** Rings three times, with another header each time: refused at last where all of them are one client. */
async function countsAsOne(...forwarded: (string | undefined)[]): Promise<boolean> {
  const statuses: number[] = [];
  for (const each of forwarded) statuses.push(await ring(each));
  expect(statuses.slice(0, 2)).toEqual([200, 200]);
  return statuses.at(-1) === 429;
}

const spoofed = ["1.1.1.1", "2.2.2.2", "3.3.3.3"];
const behindProxy = ["1.1.1.1, 9.9.9.9", "2.2.2.2, 9.9.9.9", "3.3.3.3, 9.9.9.9"];

describe("where nothing tells the address", () => {
  const bothWaysOut = /clientIp.*trustedHops.*connInfo/;

  test.each([undefined, { trustedHops: 0 }, { ipv6Prefix: 64 }])(
    "clientIp %j: refused at start",
    (clientIp) => {
      expect(() => honoFlux(define(clientIp))).toThrow(bothWaysOut);
    },
  );

  test("failed credentials are counted by address, too", () => {
    const flux = defineFlux({
      auth: {
        jwt: { issuer: "https://idp.test", audience: "a", jwks: { keys: [] } },
        failures: { quota: 5, window: "1m" },
      },
      logger: quiet,
    });
    expect(() => honoFlux(flux)).toThrow(bothWaysOut);
    expect(() => honoFlux(flux, { connInfo: getConnInfo })).not.toThrow();
  });

  test("a config that counts nobody by address needs none", () => {
    expect(() => honoFlux(defineFlux({ logger: quiet }))).not.toThrow();
  });
});

describe("connInfo", () => {
  test("the connection counts, whatever a header says", async () => {
    await start({ connInfo: getConnInfo });
    expect(await countsAsOne(...spoofed)).toBe(true);
  });

  test("another helper than the runtime's own fails aloud, and only where it is asked", async () => {
    await start({
      connInfo: () => {
        throw new TypeError("no server here");
      },
    });
    expect(await ring()).toBe(500);
    expect((await fetch(`${api?.url}/open`)).status).toBe(200);
  });

  test("one that knows nothing makes everybody one client", async () => {
    await start({ connInfo: () => ({ remote: {} }) });
    expect(await countsAsOne(...spoofed)).toBe(true);
  });
});

describe("clientIp in the config", () => {
  test.each([{}, { connInfo: getConnInfo }])("trustedHops, with options %j", async (options) => {
    await start(options, { trustedHops: 1 });
    expect(await countsAsOne(...behindProxy)).toBe(true);
    expect(await ring("9.9.9.9, 8.8.8.8")).toBe(200);
  });

  test("without the header the connection counts, where it is known", async () => {
    await start({ connInfo: getConnInfo }, { trustedHops: 1 });
    expect(await countsAsOne(undefined, undefined, "garbage")).toBe(true);
  });

  test("a function of one's own is asked", async () => {
    await start({}, (facts) => (facts.headers as Headers).get("x-forwarded-for") ?? undefined);
    expect(await countsAsOne("9.9.9.9", "9.9.9.9", "9.9.9.9")).toBe(true);
    expect(await ring("8.8.8.8")).toBe(200);
  });
});
