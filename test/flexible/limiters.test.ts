/** A whole Flux on limiters of rate-limiter-flexible, on real servers. */
import { defineFlux, type Facts, type FluxConfig } from "@flux/core";
import { type FlexibleStoreOptions, flexibleStore } from "@flux/core/flexible";
import { expressFlux } from "@flux/express";
import express from "express";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type Served, serve } from "../express/support.ts";
import { type Backend, type Client, postgres, redis } from "./backends.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const quiet = { warn: () => undefined, error: () => undefined };
let limits = 0;

describe.each([
  ["PostgreSQL", postgres],
  ["Redis", redis],
])("on %s", (_name, start) => {
  let backend: Backend;
  const clients: Client[] = [];
  let served: Served | undefined;
  beforeAll(async () => {
    backend = await start();
  });
  afterAll(() => backend?.stop());
  afterEach(async () => {
    await served?.close();
    served = undefined;
    await Promise.all(clients.splice(0).map((client) => client.end()));
  });

  /** One process of an app, whose limits have names that no other test's have, but for `name`. */
  async function app(
    limit: Partial<NonNullable<FluxConfig["limits"]>[string]> = {},
    {
      name = `api_${++limits}`,
      more = {},
      ...options
    }: FlexibleStoreOptions & { name?: string; more?: object } = {},
  ) {
    const client = await backend.connect();
    clients.push(client);
    const flux = defineFlux({
      limits: { [name]: { quota: 3, window: "1m", by: "ip", ...limit } as never },
      routes: {
        "GET /": { auth: "none", limit: name },
        "POST /jobs": {
          auth: "none",
          limit: name,
          cost: ({ headers }) => Number((headers as { cost?: string }).cost ?? 1),
          refundOn: [502],
        },
      },
      store: flexibleStore((window) => client.make(window, more), options),
      logger: quiet,
    });
    await flux.ready();
    return { flux, name };
  }
  const nameOf = ({ headers }: Facts) => String((headers as { name?: string }).name);
  const get: Facts = { method: "GET", url: "/", headers: {}, ip: "192.0.2.7" };
  const post = (cost: number, ip = "192.0.2.7"): Facts => ({
    method: "POST",
    url: "/jobs",
    headers: { cost: String(cost) },
    ip,
  });

  test("what is in the quota passes, and what is not is told when to come back", async () => {
    const { flux, name } = await app();
    const web = express();
    web.use(expressFlux(flux)());
    web.get("/", (_request, response) => void response.send("hello"));
    served = await serve(web);
    const policy = `"${name}";q=3;w=60`;
    for (const left of [2, 1, 0]) {
      const response = await fetch(served.url);
      expect(response.status).toBe(200);
      expect(response.headers.get("ratelimit-policy")).toBe(policy);
      expect(response.headers.get("ratelimit")).toMatch(
        new RegExp(`^"${name}";r=${left};t=(5\\d|60)$`),
      );
    }
    for (let i = 0; i < 3; i++) {
      const response = await fetch(served.url);
      expect(response.status).toBe(429);
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(30);
      expect(Number(response.headers.get("retry-after"))).toBeLessThanOrEqual(60);
      expect(response.headers.get("ratelimit")).toMatch(/;r=0;t=(5\d|60)$/);
      expect(await response.json()).toMatchObject({ code: "rate_limited" });
    }
  });

  test("the window ends, and another begins", async () => {
    const { flux } = await app({ window: "1s" });
    for (let i = 0; i < 3; i++) expect((await flux.decide(get)).allowed).toBe(true);
    const refused = await flux.decide(get);
    expect(refused.allowed).toBe(false);
    expect(refused.headers).toMatchObject({ "Retry-After": "1" });
    await expect.poll(async () => (await flux.decide(get)).allowed, { timeout: 5_000 }).toBe(true);
  });

  test("a response may give back what its request took", async () => {
    const { flux } = await app();
    const web = express();
    web.use(expressFlux(flux)());
    web.post("/jobs", (_request, response) => void response.sendStatus(502));
    served = await serve(web);
    for (let i = 0; i < 5; i++) {
      const headers = { cost: "3" };
      const response = await fetch(`${served.url}/jobs`, { method: "POST", headers });
      expect(response.status).toBe(502);
      const mine = { ...get, ip: "127.0.0.1" };
      await expect.poll(async () => (await flux.peek(mine)).limits[0]?.remaining).toBe(3);
    }
  });

  test("all processes together admit the quota, and what they refuse leaves it exact", async () => {
    const { flux, name } = await app({ quota: 100 });
    const others = await Promise.all([
      app({ quota: 100 }, { name }),
      app({ quota: 100 }, { name }),
    ]);
    const processes = [flux, ...others.map((other) => other.flux)];
    const asked = Array.from({ length: 150 }, (_, i) =>
      (processes[i % 3] as typeof flux).decide(post(3)),
    );
    const decisions = await Promise.all(asked);
    expect(decisions.filter(({ allowed }) => allowed).length).toBe(33);
    expect((await flux.decide(post(1))).limits).toMatchObject([{ remaining: 0 }]);
    expect((await flux.decide(post(1))).allowed).toBe(false);
    for (const decision of decisions.slice(0, 20)) await decision.refund();
    const given = decisions.slice(0, 20).filter(({ allowed }) => allowed).length * 3;
    expect((await flux.peek(post(0))).limits).toMatchObject([{ remaining: given }]);
  });

  test("a plan of the same window keeps what was used, one of another counts apart", async () => {
    const client = await backend.connect();
    clients.push(client);
    let plan = "free";
    const name = `plans_${++limits}`;
    const flux = defineFlux({
      auth: { custom: () => ({ subject: "ann", cookie: false }) },
      tenant: { from: { claim: "org" }, load: () => ({ plan }) },
      plans: { free: {}, pro: {}, longer: {} },
      defaultPlan: "free",
      limits: {
        [name]: {
          quota: 3,
          window: "1m",
          by: "tenant",
          plans: { pro: { quota: 10 }, longer: { quota: 20, window: "2m" } },
        },
      },
      store: flexibleStore((window) => client.make(window)),
      logger: quiet,
    });
    const left = async () => {
      flux.invalidate({ tenant: "acorn" });
      const ann = flux.as({ tenant: "acorn", subject: "ann" });
      return (await ann.decide({ limit: name })).limits[0]?.remaining;
    };
    expect(await left()).toBe(2);
    plan = "pro";
    expect(await left()).toBe(8);
    plan = "longer";
    expect(await left()).toBe(19);
    plan = "free";
    expect(await left()).toBe(0);
    plan = "longer";
    expect(await left()).toBe(18);
  });

  test("owners of any name are counted apart", async () => {
    const client = await backend.connect();
    clients.push(client);
    const name = `names_${++limits}`;
    const flux = defineFlux({
      limits: { [name]: { quota: 1, window: "1m", by: nameOf } },
      routes: { "GET /": { auth: "none", limit: name } },
      store: flexibleStore((window) => client.make(window)),
      logger: quiet,
    });
    const odd = [
      "a",
      "A",
      "a ",
      "a:b",
      "\0",
      "é",
      "e\u0301",
      "\ud800",
      "'; DROP TABLE limits",
      "x".repeat(250),
    ];
    for (const each of odd) {
      const ask = () => flux.decide({ ...get, headers: { name: each } });
      expect((await ask()).allowed, each.slice(0, 40)).toBe(true);
      expect((await ask()).allowed, each.slice(0, 40)).toBe(false);
    }
    const keys = (await backend.keys()).filter((key) => key.startsWith(`flux_${name}`));
    expect(new Set(keys).size).toBe(odd.length);
    for (const key of keys) expect(key.length).toBeLessThan(200);
  });

  test.each(["deny", "allow", "local"] as const)(
    "a server that is gone: onError is %s",
    async (onError) => {
      const { flux } = await app({ onError }, { timeout: "500ms" });
      const errors: unknown[] = [];
      flux.on("error", ({ error }) => errors.push(error));
      expect((await flux.decide(get)).allowed).toBe(true);
      await backend.kill();
      try {
        const answers = [];
        for (let i = 0; i < 4; i++) answers.push(await flux.decide(get));
        const allowed = { deny: 0, allow: 4, local: 3 }[onError];
        expect(answers.filter((answer) => answer.allowed).length).toBe(allowed);
        expect(answers[3]?.code).toBe(
          { deny: "unavailable", allow: "allowed", local: "rate_limited" }[onError],
        );
        expect(errors[0]).toMatchObject({ code: "store_unavailable" });
      } finally {
        await backend.restart();
      }
      await expect
        .poll(
          async () => {
            errors.length = 0;
            await flux.decide(get);
            return errors.length;
          },
          { timeout: 20_000 },
        )
        .toBe(0);
    },
  );

  test("a server that is frozen is not waited for, and what it charged late it gives back", async () => {
    const { flux } = await app({ quota: 1_000, onError: "deny" }, { timeout: "200ms" });
    expect((await flux.decide(get)).limits).toMatchObject([{ remaining: 999 }]);
    backend.freeze();
    try {
      const late = await Promise.all(Array.from({ length: 5 }, () => flux.decide(post(10))));
      expect(late.map(({ code }) => code)).toEqual(Array(5).fill("unavailable"));
      // All that come now are told at once, but for one.
      const more = await Promise.all(Array.from({ length: 50 }, () => flux.decide(post(10))));
      expect(more.every(({ code }) => code === "unavailable")).toBe(true);
    } finally {
      backend.thaw();
    }
    await expect
      .poll(async () => (await flux.peek(post(0))).limits[0]?.remaining, { timeout: 20_000 })
      .toBe(999);
    expect((await flux.decide(get)).limits).toMatchObject([{ remaining: 998 }]);
  });

  test("a limiter that blocks keeps out for as long as it blocks", async () => {
    const { flux } = await app({ window: "2s" }, { more: { blockDuration: 60 } });
    for (let i = 0; i < 3; i++) expect((await flux.decide(get)).allowed).toBe(true);
    for (let i = 0; i < 3; i++) {
      const { code, headers } = await flux.decide(get);
      expect(code).toBe("rate_limited");
      expect(Number(headers["Retry-After"])).toBeGreaterThan(30);
    }
  });

  test("what a limiter refuses out of its memory is not given back", async () => {
    const { flux, name } = await app({}, { more: { inMemoryBlockOnConsumed: 3 } });
    const { flux: other } = await app({}, { name });
    const passed = [];
    for (let i = 0; i < 3; i++) passed.push(await flux.decide(get));
    for (let i = 0; i < 10; i++) expect((await flux.decide(get)).code).toBe("rate_limited");
    expect((await other.decide(get)).code).toBe("rate_limited");
    await passed[0]?.refund();
    expect((await other.decide(get)).allowed).toBe(true);
    expect((await other.decide(get)).allowed).toBe(false);
  });

  test("a guard that adds another limit gets no half of a charge", async () => {
    const client = await backend.connect();
    clients.push(client);
    const [one, two] = [`one_${++limits}`, `two_${++limits}`];
    const limit = { quota: 3, window: "1m", by: "ip", onError: "deny" } as const;
    const flux = defineFlux({
      limits: { [one]: limit, [two]: limit },
      routes: { "GET /": { auth: "none", limit: one } },
      store: flexibleStore((window) => client.make(window)),
      logger: quiet,
    });
    const errors: unknown[] = [];
    flux.on("error", ({ error }) => errors.push(error));
    expect((await flux.decide(get, { limit: two })).code).toBe("unavailable");
    expect(errors).toMatchObject([
      {
        code: "config_invalid",
        message: expect.stringContaining("let each request charge one limit"),
      },
    ]);
    expect((await flux.peek(get)).limits).toMatchObject([{ remaining: 3 }]);
  });
});
