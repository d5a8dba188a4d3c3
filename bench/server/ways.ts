/**
 * The ways that the same Express route is served: bare, behind the assembled stack, and behind Flux; and to
 * tell what such figures are worth, behind an assembled stack that keeps verified tokens, behind a middleware
 * that does nothing, and behind one that takes 10 µs. Once more bare is the gauge: what it takes says only which
 * rounds were quiet, and is compared with nothing.
 */
import { redisStore } from "@flux/core/redis";
import { expressFlux } from "@flux/express";
import type { Express, Request, Response } from "express";
import { Redis } from "ioredis";
import { pattern } from "../scenario/app.ts";
import { assembledStack } from "../scenario/assembled.ts";
import { fluxStack } from "../scenario/flux.ts";
import type { Identity } from "../scenario/identity.ts";

/**
 * The assembled stack waits for Redis without end. A default timeout of 50 ms would tell of what else runs on
 * the machine; it costs nothing to wait longer.
 */
const timeout = "2s";

export const ways = [
  "bare",
  "gauge",
  "nothing",
  "spinning",
  "assembled",
  "caching",
  "flux",
] as const;
export type Way = (typeof ways)[number];

/** Those that decide; the others let everybody pass. */
export const decides = (way: Way): boolean =>
  !["bare", "gauge", "nothing", "spinning"].includes(way);

export interface Served {
  readonly way: Way;
  readonly jwks: Identity["jwks"];
  /** Where the counters are; absent: in the server's memory. */
  readonly redis?: string;
}

/** @returns what tells how many charges were answered without the counters' store, so far. */
export async function serve(app: Express, { way, jwks, redis }: Served): Promise<() => number> {
  let failures = 0;
  switch (way) {
    case "bare":
    case "gauge":
      app.post(pattern, answer);
      break;
    case "nothing":
      app.use((_request, _response, next) => next());
      app.post(pattern, answer);
      break;
    case "spinning":
      app.use((_request, _response, next) => {
        const until = performance.now() + 0.01;
        while (performance.now() < until);
        next();
      });
      app.post(pattern, answer);
      break;
    case "assembled":
    case "caching": {
      const client = redis === undefined ? undefined : new Redis(redis);
      await client?.ping();
      const options = { redis: client, cachesTokens: way === "caching" };
      app.post(pattern, ...(await assembledStack({ jwks }, options)), answer);
      break;
    }
    case "flux": {
      const store = redis === undefined ? undefined : redisStore({ url: redis, timeout });
      const flux = fluxStack({ jwks }, store);
      flux.on("error", () => failures++);
      await flux.ready();
      app.use(expressFlux(flux)());
      app.post(pattern, answer);
    }
  }
  return () => failures;
}

function answer(request: Request, response: Response): void {
  response.json({ id: request.params.id, state: "queued" });
}
