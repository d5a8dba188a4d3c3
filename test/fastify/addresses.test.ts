/** Whom a limit by address counts in a Fastify app, behind proxies that can be trusted and headers that cannot. */
import { defineFlux, type FluxConfig } from "@flux/core";
import { fastifyFlux } from "@flux/fastify";
import fastify, { type FastifyServerOptions } from "fastify";
import { afterEach, describe, expect, test } from "vitest";
import { quiet, type Served } from "../express/support.ts";
import { ask } from "../koa/support.ts";
import { listen } from "./support.ts";

let api: Served | undefined;
afterEach(() => api?.close());

async function start(
  trustProxy?: FastifyServerOptions["trustProxy"],
  clientIp?: FluxConfig["clientIp"],
) {
  const flux = defineFlux({
    ...(clientIp && { clientIp }),
    limits: { ring: { quota: 1, window: "1h", burst: 2, by: "ip" } },
    routes: { "POST /ring": { auth: "none", limit: "ring" } },
    logger: quiet,
  });
  const app = fastify(trustProxy === undefined ? {} : { trustProxy });
  await app.register(fastifyFlux, { flux });
  app.post("/ring", (_request, reply) => reply.send());
  api = await listen(app);
}

const rings = async (...addresses: (string | undefined)[]) => {
  const statuses: number[] = [];
  for (const forwarded of addresses) {
    const headers: Record<string, string> = forwarded ? { "x-forwarded-for": forwarded } : {};
    statuses.push((await ask(api, "POST /ring", undefined, headers)).status);
  }
  return statuses;
};
/** What the client says of itself comes first, what the proxy saw comes last. */
const behindOneProxy = ["9.9.9.9, 1.1.1.1", "8.8.8.8, 1.1.1.1", "7.7.7.7, 1.1.1.1"];

test("by default no header is believed", async () => {
  await start();
  expect(await rings("1.1.1.1", "2.2.2.2", "3.3.3.3", undefined)).toEqual([200, 200, 429, 429]);
});

describe("Fastify's own trustProxy", () => {
  test.each([
    ["the proxy's address", "127.0.0.1"],
    ["a function that knows the proxy", (address: string) => address === "127.0.0.1"],
  ])("%s counts the address that the nearest proxy saw", async (_name, trustProxy) => {
    await start(trustProxy);
    expect(await rings(...behindOneProxy)).toEqual([200, 200, 429]);
    expect(await rings("1.1.1.1, 2.2.2.2")).toEqual([200]);
  });

  test("true believes whoever stands first, so a client can pretend", async () => {
    await start(true);
    expect(await rings("1.1.1.1", "2.2.2.2", "3.3.3.3")).toEqual([200, 200, 200]);
    expect(await rings("3.3.3.3", "3.3.3.3, 4.4.4.4")).toEqual([200, 429]);
  });
});

test("clientIp in the config takes over from Fastify", async () => {
  await start(true, { trustedHops: 1 });
  expect(await rings(...behindOneProxy)).toEqual([200, 200, 429]);
});
