/** Whom a limit by address counts in a Koa app, behind proxies that can be trusted and headers that cannot. */
import { defineFlux, type FluxConfig } from "@flux/core";
import { koaFlux } from "@flux/koa";
import Koa from "koa";
import { afterEach, describe, expect, test } from "vitest";
import { quiet, type Served, serve } from "../express/support.ts";
import { ask } from "./support.ts";

let api: Served | undefined;
afterEach(() => api?.close());

type KoaOptions = NonNullable<ConstructorParameters<typeof Koa>[0]>;

async function start(options: KoaOptions, clientIp?: FluxConfig["clientIp"]) {
  const flux = defineFlux({
    ...(clientIp && { clientIp }),
    limits: { ring: { quota: 1, window: "1h", burst: 2, by: "ip" } },
    routes: { "POST /ring": { auth: "none", limit: "ring" } },
    logger: quiet,
  });
  const app = new Koa(options);
  app.use(koaFlux(flux)());
  app.use((ctx) => {
    ctx.body = "";
  });
  api = await serve(app.callback());
}

const ring = async (forwarded?: string, name = "x-forwarded-for") =>
  (await ask(api, "POST /ring", undefined, forwarded ? { [name]: forwarded } : {})).status;
const rings = async (addresses: readonly (string | undefined)[], name?: string) => {
  const statuses: number[] = [];
  for (const address of addresses) statuses.push(await ring(address, name));
  return statuses;
};

test("by default no header is believed", async () => {
  await start({});
  expect(await rings(["1.1.1.1", "2.2.2.2", "3.3.3.3", undefined])).toEqual([200, 200, 429, 429]);
});

describe("Koa's own proxy", () => {
  test("maxIpsCount: 1 counts the address that the nearest proxy saw", async () => {
    await start({ proxy: true, maxIpsCount: 1 });
    expect(await rings(["9.9.9.9, 1.1.1.1", "8.8.8.8, 1.1.1.1", "7.7.7.7, 1.1.1.1"])).toEqual([
      200, 200, 429,
    ]);
    expect(await ring("1.1.1.1, 2.2.2.2")).toBe(200);
  });

  test("without it whoever stands first is believed, so a client can pretend", async () => {
    await start({ proxy: true });
    expect(await rings(["1.1.1.1", "2.2.2.2", "3.3.3.3"])).toEqual([200, 200, 200]);
    expect(await rings(["3.3.3.3", "3.3.3.3, 4.4.4.4"])).toEqual([200, 429]);
  });

  test("another header where it is named", async () => {
    await start({ proxy: true, proxyIpHeader: "X-Client-Ip" });
    expect(await rings(["1.1.1.1", "1.1.1.1", "1.1.1.1"], "x-client-ip")).toEqual([200, 200, 429]);
    expect(await ring("2.2.2.2", "x-client-ip")).toBe(200);
  });
});

describe("clientIp in the config", () => {
  test("takes over from Koa", async () => {
    await start({ proxy: true }, { trustedHops: 1 });
    expect(await rings(["9.9.9.9, 1.1.1.1", "8.8.8.8, 1.1.1.1", "7.7.7.7, 1.1.1.1"])).toEqual([
      200, 200, 429,
    ]);
  });
});
