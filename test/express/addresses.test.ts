/** Whom a limit by address counts, behind proxies that can be trusted and headers that cannot. */
import { defineFlux, type FluxConfig } from "@flux/core";
import { expressFlux } from "@flux/express";
import express from "express";
import { afterEach, describe, expect, test } from "vitest";
import { quiet, type Served, serve } from "./support.ts";

let api: Served | undefined;
afterEach(() => api?.close());

async function start(trustProxy: unknown, clientIp?: FluxConfig["clientIp"]) {
  const flux = defineFlux({
    ...(clientIp && { clientIp }),
    limits: { ring: { quota: 1, window: "1h", burst: 2, by: "ip" } },
    routes: { "POST /ring": { auth: "none", limit: "ring" } },
    logger: quiet,
  });
  const app = express();
  if (trustProxy !== undefined) app.set("trust proxy", trustProxy);
  app.use(expressFlux(flux)());
  app.post("/ring", (_request, response) => void response.end());
  api = await serve(app);
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

describe("Express's own trust proxy decides", () => {
  test.each([
    ["not set", undefined],
    ["off", false],
    ["no hop", 0],
    ["another network", "10.0.0.0/8"],
    ["a function that trusts nobody", () => false],
  ])("%s: the connection counts, whatever the header says", async (_name, trust) => {
    await start(trust);
    expect(await countsAsOne(...spoofed)).toBe(true);
  });

  test.each([
    ["one hop", 1],
    ["the proxy's network", "loopback"],
    ["a function that trusts the proxy", (address: string) => address.endsWith("127.0.0.1")],
  ])("%s: the address that the proxy saw counts", async (_name, trust) => {
    await start(trust);
    expect(await countsAsOne(...behindProxy)).toBe(true);
    expect(await ring("9.9.9.9, 8.8.8.8")).toBe(200);
  });

  test("`true` believes the client itself: Express's own choice, and its own danger", async () => {
    await start(true);
    expect(await countsAsOne(...behindProxy)).toBe(false);
  });
});

describe("clientIp.trustedHops takes over", () => {
  test.each([undefined, false, true, 1, "loopback"])("with trust proxy %s", async (trust) => {
    await start(trust, { trustedHops: 1 });
    expect(await countsAsOne(...behindProxy)).toBe(true);
    expect(await ring("9.9.9.9, 8.8.8.8")).toBe(200);
  });

  test("no hop: the header is not looked at", async () => {
    await start(true, { trustedHops: 0 });
    expect(await countsAsOne(...spoofed)).toBe(true);
  });

  test("two hops: the second address from the end counts", async () => {
    await start(undefined, { trustedHops: 2 });
    expect(
      await countsAsOne(
        "1.1.1.1, 9.9.9.9, 10.0.0.1",
        "2.2.2.2, 9.9.9.9, 10.0.0.2",
        "3.3.3.3,9.9.9.9,10.0.0.3",
      ),
    ).toBe(true);
  });

  test("garbage where the client should be is not the client's own counter", async () => {
    await start(undefined, { trustedHops: 1 });
    expect(await countsAsOne("garbage", "999.1.1.1", "<script>")).toBe(true);
  });
});

test("an IPv6 client counts by its network", async () => {
  await start(1);
  expect(await countsAsOne("2001:db8:0:1::1", "2001:db8:0:2::1", "2001:DB8:0:3:ffff::1")).toBe(
    true,
  );
  expect(await ring("2001:db8:1::1")).toBe(200);
});

test("an IPv4 address inside IPv6 is the same client", async () => {
  await start(1);
  expect(await countsAsOne("9.9.9.9", "::ffff:9.9.9.9", "[::ffff:9.9.9.9]:1234")).toBe(true);
});

test("a function of one's own is asked", async () => {
  await start(undefined, (facts) => (facts.headers as Record<string, string>)["x-forwarded-for"]);
  expect(await countsAsOne("9.9.9.9", "9.9.9.9", "9.9.9.9")).toBe(true);
  expect(await ring("8.8.8.8")).toBe(200);
});
