/** Whom a limit by address counts: the client as the platform knows it, by its own trust in proxies. */
import { defineFlux, type FluxConfig } from "@flux/core";
import { Controller, HttpCode, Post } from "@nestjs/common";
import type { NestExpressApplication } from "@nestjs/platform-express";
import { afterEach, describe, expect, test } from "vitest";
import { quiet } from "../express/support.ts";
import { appOf, ask, type Platform, platforms, type Served, start } from "./support.ts";

@Controller()
class Bell {
  @HttpCode(200) @Post("ring") ring() {}
}

let api: Served | undefined;
afterEach(() => api?.close());

async function begin(platform: Platform, trust: unknown, clientIp?: FluxConfig["clientIp"]) {
  const flux = defineFlux({
    ...(clientIp && { clientIp }),
    limits: { ring: { quota: 1, window: "1h", burst: 2, by: "ip" } },
    routes: { "POST /ring": { auth: "none", limit: "ring" } },
    logger: quiet,
  });
  api = await start(
    platform,
    appOf({ flux }, { controllers: [Bell] }),
    (app) => {
      if (platform === "Express" && trust !== undefined)
        (app as NestExpressApplication).set("trust proxy", trust);
    },
    { trustProxy: trust as boolean },
  );
}

/** Rings three times, with another header each time: refused at last where all of them are one client. */
async function countsAsOne(...forwarded: string[]): Promise<boolean> {
  const statuses: number[] = [];
  for (const each of forwarded)
    statuses.push((await ask(api as Served, "POST /ring", { "x-forwarded-for": each })).status);
  expect(statuses.slice(0, 2)).toEqual([200, 200]);
  return statuses.at(-1) === 429;
}

const spoofed = ["1.1.1.1", "2.2.2.2", "3.3.3.3"];
const behindProxy = ["1.1.1.1, 9.9.9.9", "2.2.2.2, 9.9.9.9", "3.3.3.3, 9.9.9.9"];

describe.each(platforms)("on %s", (platform) => {
  test.each([undefined, false, "10.0.0.0/8"])(
    "trust in %s: the connection counts, whatever the header says",
    async (trust) => {
      await begin(platform, trust);
      expect(await countsAsOne(...spoofed)).toBe(true);
    },
  );

  test.each<[string, unknown]>([
    ["the proxy's network", "loopback"],
    // To Fastify a number of hops proves nothing about who has connected.
    ...(platform === "Express" ? [["one hop", 1] as [string, unknown]] : []),
    ["a function that trusts the proxy", (address: string) => address.endsWith("127.0.0.1")],
  ])("trust in %s: the address that the proxy saw counts", async (_name, trust) => {
    await begin(platform, trust);
    expect(await countsAsOne(...behindProxy)).toBe(true);
    const other = { "x-forwarded-for": "9.9.9.9, 8.8.8.8" };
    expect((await ask(api as Served, "POST /ring", other)).status).toBe(200);
  });

  test("clientIp in the config takes over", async () => {
    await begin(platform, undefined, { trustedHops: 1 });
    expect(await countsAsOne(...behindProxy)).toBe(true);
    await api?.close();
    await begin(platform, true, { trustedHops: 0 });
    expect(await countsAsOne(...spoofed)).toBe(true);
  });
});

test("to Fastify trust in a number of hops is trust in nobody", async () => {
  await begin("Fastify", 1);
  expect(await countsAsOne(...spoofed)).toBe(true);
});
