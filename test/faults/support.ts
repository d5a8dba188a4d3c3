/** What the tests of this directory share. */
import type { Decision } from "@flux/core";
import { type RedisStoreOptions, redisStore } from "@flux/core/redis";
import { onTestFinished } from "vitest";
import { type RedisOptions, type RedisServer, startRedis } from "../servers/redis.ts";
import { type App, app, clean } from "./app.ts";
import { Lateness } from "./lateness.ts";
import { FaultyProxy } from "./proxy.ts";

/** ms that the tests allow beyond a time budget, on a machine that others use too. */
export const margin = 40;

export async function aServer(options?: RedisOptions): Promise<RedisServer> {
  const server = await startRedis(options);
  onTestFinished(() => server.stop());
  return server;
}

export async function aProxy(target: { host: string; port: number }): Promise<FaultyProxy> {
  const proxy = await FaultyProxy.start(target);
  onTestFinished(() => proxy.stop());
  return proxy;
}

/** An app that has not been waited for. */
export function anApp(options: string | RedisStoreOptions, now?: () => number): App {
  const flux = app(redisStore(options), now);
  onTestFinished(() => flux.close());
  return flux;
}

export async function aReadyApp(
  options: string | RedisStoreOptions,
  now?: () => number,
): Promise<App> {
  const flux = anApp(options, now);
  await flux.ready();
  return flux;
}

export interface Timed {
  readonly decision: Decision;
  /** ms that it took, less those in which this process could do nothing. */
  readonly took: number;
}

/** Times what is asked, one after the other. */
export async function timed(ask: () => Promise<Decision>, times = 1): Promise<Timed[]> {
  const lateness = new Lateness();
  const all: Timed[] = [];
  try {
    for (let i = 0; i < times; i++) {
      const from = performance.now();
      const decision = await ask();
      const to = performance.now();
      // The look that tells how late a moment was comes after it.
      await new Promise((resolve) => setTimeout(resolve, 6));
      all.push({ decision, took: to - from - lateness.within(from, to) });
    }
  } finally {
    lateness.stop();
  }
  return all;
}

/** Asks until the store itself decides. @returns that decision. */
export async function untilClean(ask: () => Promise<Decision>, patience = 15_000) {
  const deadline = performance.now() + patience;
  for (;;) {
    const decision = await ask();
    if (clean(decision)) return decision;
    if (performance.now() > deadline) throw new Error("the store does not decide again");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Decisions of calls made together. */
export const together = (ask: () => Promise<Decision>, times: number) =>
  Promise.all(Array.from({ length: times }, ask));

export const allowed = (decisions: readonly Decision[]) =>
  decisions.filter((each) => each.allowed).length;

/** What a decision says, as plain data. */
export const told = (decision: Decision | undefined) => ({
  status: decision?.status,
  code: decision?.code,
  degraded: decision?.degraded,
});
