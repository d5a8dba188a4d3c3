import { describe, expect, test } from "vitest";
import type { FluxConfig } from "../../config/config-types.ts";
import { memoryStore } from "../../limits/memory-store.ts";
import type { Outcome, Store } from "../../limits/store.ts";
import { createFlux } from "../create-flux.ts";
import { compileEngine } from "../start/compile-engine.ts";
import { readConfig } from "../start/read-config.ts";
import { atOnce, callers, quiet, request } from "../test-callers.ts";

/** Counters of a server of their own: receipts reach it as plain data, from whatever process. */
function store(): Store {
  const counters = memoryStore();
  const made = new Map<string, Outcome>();
  const plain = ({ allowed, at, marks }: Outcome) => ({ allowed, at, marks });
  return {
    atomic: true,
    synchronous: true,
    connect: (host) => counters.connect(host),
    charge(owner, charges, dryRun, at) {
      const outcome = counters.charge(owner, charges, dryRun, at);
      if (!dryRun) made.set(JSON.stringify(plain(outcome)), outcome);
      return plain(outcome);
    },
    settle(receipt, actual) {
      const outcome = made.get(JSON.stringify(plain(receipt.outcome)));
      if (outcome !== undefined) counters.settle({ ...receipt, outcome }, actual);
    },
  };
}

/** Two of these with one store are two processes of an app. */
function define(counters = store(), more: Partial<FluxConfig> = {}) {
  const settings = readConfig({
    auth: callers,
    tenant: {
      from: { claim: "org" },
      load: (id: string) => (id === "rich" ? { plan: "pro" } : {}),
    },
    features: { tokens: { kind: "metered", per: "day" } },
    plans: { free: { features: { tokens: 100 } }, pro: { features: { tokens: "unlimited" } } },
    defaultPlan: "free",
    limits: {
      api: { quota: 60, window: "1m", burst: 3, by: "tenant", plans: { pro: { burst: 10 } } },
      own: { quota: 60, window: "1m", burst: 2, by: "principal" },
      door: { quota: 60, window: "1m", burst: 2, by: "ip" },
    },
    routes: {
      "POST /chat": { use: { tokens: 10 }, limit: ["api", "own"] },
      "POST /think": { use: { tokens: 10 } },
      "GET /door": { limit: "door" },
    },
    store: counters,
    now: () => 1_790_000_000_000,
    logger: quiet,
    ...more,
  });
  return createFlux(compileEngine(settings), settings);
}

const ann = { as: { tenant: "acorn" } };
const chat = request("POST /chat", ann);
const carried = <T>(receipt: T): T => JSON.parse(JSON.stringify(receipt));
const warm = async (flux: ReturnType<typeof define>, caller = ann) =>
  flux.decide(request("GET /none", caller), {});

describe("what another process charged", () => {
  test("counts as charged", async () => {
    const counters = store();
    const [proxy, guard] = [define(counters), define(counters)];
    const first = await proxy.decide(chat);
    const receipt = carried(proxy.receipt(first));
    const second = await guard.decide(chat, { limit: "api", use: { tokens: 10 } }, receipt);
    expect(second.allowed).toBe(true);
    expect(second.limits).toMatchObject([
      { name: "tokens", charged: 10, remaining: 90 },
      { name: "api", charged: 1, remaining: 2 },
      { name: "own", charged: 1, remaining: 1 },
    ]);
    expect(second.headers).toEqual(first.headers);
  });

  test("is added to where the guard asks for more", async () => {
    const counters = store();
    const [proxy, guard] = [define(counters), define(counters)];
    const receipt = carried(proxy.receipt(await proxy.decide(chat)));
    const decision = await guard.decide(chat, { use: { tokens: 25 } }, receipt);
    expect(decision.feature("tokens")).toMatchObject({ used: 25 });
  });

  test("is settled and given back where the counters are shared", async () => {
    const counters = store();
    const [proxy, guard] = [define(counters), define(counters)];
    const once = await guard.decide(chat, {}, carried(proxy.receipt(await proxy.decide(chat))));
    await once.settle({ tokens: 3 });
    expect(once.feature("tokens")).toMatchObject({ used: 3 });
    const again = await guard.decide(chat, {}, carried(proxy.receipt(await proxy.decide(chat))));
    await again.refund();
    expect(again.feature("tokens")).toMatchObject({ used: 3 });
  });

  test("goes back where the guard refuses", async () => {
    const counters = store();
    const [proxy, guard] = [define(counters), define(counters)];
    for (let asked = 0; asked < 5; asked++) {
      const receipt = carried(proxy.receipt(await proxy.decide(chat)));
      const decision = await guard.decide(chat, { roles: "staff" }, receipt);
      expect(decision.code).toBe("forbidden");
    }
    expect((await guard.decide(chat)).limits).toMatchObject([{ remaining: 90 }, {}, {}]);
  });

  test("is told by plan", async () => {
    const rich = { as: { tenant: "rich" } };
    const proxy = define();
    const receipt = proxy.receipt(await proxy.decide(request("POST /chat", rich)));
    expect(receipt?.receipts[0]?.charges).toMatchObject([
      { policy: "feature:tokens", variant: "unlimited" },
      { policy: "limit:api", variant: "pro" },
      { policy: "limit:own" },
    ]);
    const decision = await define().decide(request("POST /chat", rich), {}, carried(receipt));
    expect(decision.limits).toMatchObject([{}, { name: "api", remaining: 9 }, {}]);
  });

  test("by address counts for the same address alone", async () => {
    const proxy = define();
    const receipt = carried(proxy.receipt(await proxy.decide(request("GET /door", ann))));
    const guard = define();
    await warm(guard);
    const same = atOnce(guard.decide(request("GET /door", ann), {}, receipt));
    expect(same.limits).toMatchObject([{ name: "door", charged: 1 }]);
    const elsewhere = request("GET /door", { ...ann, ip: "192.0.2.7" });
    atOnce(guard.decide(elsewhere, {}, receipt));
    atOnce(guard.decide(elsewhere));
    expect(atOnce(guard.decide(elsewhere)).code).toBe("rate_limited");
  });
});

describe("with counters of each process's own", () => {
  const tokens = (flux: ReturnType<typeof define>) =>
    atOnce(flux.peek(request("GET /none", ann), {})).feature("tokens").used;

  test("nothing is given back that was charged elsewhere", async () => {
    const [edge, node] = [define(memoryStore()), define(memoryStore())];
    await node.decide(request("POST /x", ann), { use: { tokens: 100 } });
    const receipt = carried(edge.receipt(await edge.decide(chat)));
    expect((await node.decide(chat, { roles: "staff" }, receipt)).code).toBe("forbidden");
    expect(tokens(node)).toBe(100);
    const passed = await node.decide(chat, {}, carried(edge.receipt(await edge.decide(chat))));
    expect(passed.allowed).toBe(true);
    await passed.settle({ tokens: 0 });
    await passed.refund();
    expect(tokens(node)).toBe(100);
  });

  test("a receipt of this process is settled where it was charged", async () => {
    const flux = define(memoryStore());
    const passed = await flux.decide(chat, {}, flux.receipt(await flux.decide(chat)));
    await passed.settle({ tokens: 3 });
    expect(tokens(flux)).toBe(3);
    const refused = flux.receipt(await flux.decide(chat));
    expect((await flux.decide(chat, { roles: "staff" }, refused)).code).toBe("forbidden");
    expect(tokens(flux)).toBe(3);
  });
});

describe("a receipt is believed as far as it goes", () => {
  test("of another owner it pays for nothing", async () => {
    const counters = store();
    const [proxy, guard] = [define(counters), define(counters)];
    const receipt = carried(proxy.receipt(await proxy.decide(chat)));
    const other = request("POST /chat", { as: { tenant: "birch" } });
    for (let asked = 0; asked < 2; asked++)
      expect((await guard.decide(other, undefined, receipt)).allowed).toBe(true);
    expect((await guard.decide(other, undefined, receipt)).code).toBe("rate_limited");
  });

  test("whoever shows it touches nobody else's charges", async () => {
    const counters = store();
    const [proxy, guard] = [define(counters), define(counters)];
    const show = async (caller: object, requirement: object) => {
      const receipt = carried(proxy.receipt(await proxy.decide(request("POST /think", ann))));
      return guard.decide(request("POST /other", caller), requirement, receipt);
    };
    const birch = { as: { tenant: "birch" } };
    expect((await show({}, {})).code).toBe("unauthenticated");
    expect((await show(birch, { roles: "staff" })).code).toBe("forbidden");
    const passed = await show(birch, { limit: "api" });
    expect(passed.limits).toMatchObject([{ name: "api", charged: 1 }]);
    expect(() => passed.settle({ tokens: 0 })).toThrow("was not charged");
    await passed.refund();
    const acorn = await guard.peek(request("GET /none", ann), {});
    expect(acorn.feature("tokens").used).toBe(30);
  });

  test("a store's own clock and ticket go with it", async () => {
    const counters = memoryStore();
    const settled: unknown[] = [];
    const apart: Store = {
      atomic: true,
      charge(owner, charges, dryRun, at = 0) {
        // Ten minutes ahead of the app's clock.
        const outcome = counters.charge(owner, charges, dryRun, at + 600_000);
        const { allowed, marks } = outcome;
        return { allowed, marks, at: outcome.at, ahead: -600e6, ticket: "a.1" };
      },
      settle: ({ outcome }) => void settled.push(outcome.ticket),
    };
    const proxy = define(apart);
    const decided = await proxy.decide(chat);
    const receipt = carried(proxy.receipt(decided));
    const guard = define(apart);
    const again = await guard.decide(chat, { limit: "api" }, receipt);
    expect(again.limits).toEqual(decided.limits);
    expect(again.headers.RateLimit).toBe(decided.headers.RateLimit);
    await again.settle({ tokens: 3 });
    expect(settled).toEqual(["a.1"]);
  });

  test("it says nothing of who is asking", async () => {
    const proxy = define();
    const receipt = carried(proxy.receipt(await proxy.decide(chat)));
    const stranger = await define().decide(request("POST /chat"), undefined, receipt);
    expect(stranger.code).toBe("unauthenticated");
    expect(stranger.principal).toBeUndefined();
  });

  test.each([
    [{ receipts: {} }],
    [{ receipts: [{}] }],
    [{ receipts: [null] }],
    [{ receipts: [{ owner: "tenant:acorn", at: 1, charges: [{}] }] }],
    [
      {
        receipts: [
          {
            owner: "tenant:acorn",
            at: 1,
            charges: [{ policy: "feature:tokens", partition: "", cost: 10, marks: [0, 0] }],
          },
        ],
      },
    ],
    [
      {
        receipts: [
          {
            owner: "tenant:acorn",
            at: 1,
            charges: [{ policy: "limit:api", partition: "", cost: -5, marks: [0, 0] }],
          },
        ],
      },
    ],
  ])("of another shape it tells of nothing: %j", async (receipt) => {
    const decision = await define().decide(chat, undefined, receipt as never);
    expect(decision.limits).toMatchObject([{ charged: 10 }, { charged: 1 }, { charged: 1 }]);
  });

  test("what this config does not know is left out", async () => {
    const receipt = {
      receipts: [
        {
          owner: "tenant:acorn",
          at: 1_790_000_000_000_000,
          charges: [
            { policy: "limit:gone", partition: "", cost: 1, marks: [0, 0] as const },
            { policy: "feature:gone", variant: 5, partition: "", cost: 1, marks: [0, 0] as const },
          ],
        },
      ],
    };
    const decision = await define().decide(chat, undefined, receipt);
    expect(decision.limits).toMatchObject([{ charged: 10 }, { charged: 1 }, { charged: 1 }]);
  });

  test("there is none for what charged nothing, was refused, or is of another Flux", async () => {
    const flux = define();
    expect(flux.receipt(await flux.decide(request("GET /none", ann), {}))).toBeUndefined();
    expect(flux.receipt(await flux.decide(request("POST /chat")))).toBeUndefined();
    expect(flux.receipt(await flux.peek(chat))).toBeUndefined();
    expect(define().receipt(await flux.decide(chat))).toBeUndefined();
  });
});
