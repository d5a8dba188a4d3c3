import { RateLimiterMemory } from "rate-limiter-flexible";
import { expect, it } from "vitest";
import { defineFlux } from "../define-flux.ts";
import { flexibleStore } from "./index.ts";

it("a later guard of a request that the store refuses is refused, and tells what is left", async () => {
  const flux = defineFlux({
    auth: { custom: () => ({ subject: "ann" }) },
    limits: { api: { quota: 3, window: "1m", by: "principal" } },
    store: flexibleStore((options) => new RateLimiterMemory(options)),
  });
  const decide = (cost: number, earlier?: Awaited<ReturnType<typeof flux.decide>>) =>
    flux.decide({ method: "POST", url: "/chat", headers: {} }, { limit: "api", cost }, earlier);
  await decide(1);
  const first = await decide(1);
  expect(first.headers.RateLimit).toMatch(/^"api";r=1;/);
  // Two units are left without what the first guard has taken, and this one asks for three in all.
  const second = await decide(3, first);
  expect(second.status).toBe(429);
  expect(second.headers.RateLimit).toMatch(/^"api";r=2;/);
});
