/** A store that fails: each limit and feature says what that means, and the decision says that it happened. */
import { describe, expect, test } from "vitest";
import { defineFlux } from "../../define-flux.ts";
import { memoryStore } from "../../limits/memory-store.ts";
import type { Store } from "../../limits/store.ts";
import { callers, quiet, request } from "../test-callers.ts";

type Failing = "throws" | "rejects";

/** A store that can be switched off, and fails at once or later. */
function flaky(how: Failing) {
  const memory = memoryStore();
  const state = { down: false, calls: 0 };
  const fail = () => {
    if (how === "throws") throw new Error("connection lost");
    return Promise.reject(new Error("connection lost"));
  };
  const store: Store = {
    atomic: true,
    connect: (host) => memory.connect?.(host),
    charge(...call) {
      state.calls++;
      return state.down ? fail() : memory.charge(...call);
    },
    settle: (...call) => (state.down ? fail() : memory.settle(...call)),
  };
  return { store, state };
}

const define = (store: Store) => {
  const events: string[] = [];
  const flux = defineFlux({
    auth: callers,
    features: {
      strict: { kind: "metered", per: "day" },
      lenient: { kind: "metered", per: "day", onError: "allow" },
      counted: { kind: "metered", per: "day", onError: "local" },
    },
    plans: { free: { features: { strict: 2, lenient: 2, counted: 2 } } },
    defaultPlan: "free",
    limits: {
      local: { quota: 2, window: "1h", by: "principal" },
      deny: { quota: 2, window: "1h", by: "principal", onError: "deny" },
      allow: { quota: 2, window: "1h", by: "principal", onError: "allow" },
      ring: { quota: 2, window: "1h", by: "ip" },
      bell: { quota: 2, window: "1h", by: "ip", onError: "deny" },
    },
    store,
    now: () => Date.UTC(2026, 0, 1, 12),
    logger: quiet,
  });
  flux.on("error", ({ source }) => events.push(source));
  return { flux, events };
};

describe.each(["throws", "rejects"] as const)("a store that %s", (how) => {
  const start = () => {
    const { store, state } = flaky(how);
    const { flux, events } = define(store);
    const ask = async (requirement: object) =>
      flux.decide(request("GET /", { as: {} }), requirement);
    return { ask, state, events, flux };
  };

  test.each<[string, object, string, string[]]>([
    ["limits count locally by default", { limit: "local" }, "allowed", ["store"]],
    ["deny", { limit: "deny" }, "unavailable", ["store"]],
    ["allow", { limit: "allow" }, "allowed", ["store"]],
    ["metered features deny by default", { use: { strict: 1 } }, "unavailable", ["store"]],
    ["unless told otherwise", { use: { lenient: 1 } }, "allowed", ["store"]],
    ["or to count locally", { use: { counted: 1 } }, "allowed", ["store"]],
    [
      "one that denies is enough",
      { limit: ["local", "deny"], use: { lenient: 1 } },
      "unavailable",
      ["store"],
    ],
    ["by address", { auth: "none", limit: "ring" }, "allowed", ["store"]],
    ["by address, deny", { auth: "none", limit: "bell" }, "unavailable", ["store"]],
  ])("%s", async (_name, requirement, code, degraded) => {
    const { ask, state, events } = start();
    state.down = true;
    const decision = await ask(requirement);
    expect(decision.code).toBe(code);
    expect(decision.degraded).toEqual(degraded);
    expect(events).toEqual(["store"]);
    expect(decision.status).toBe(code === "allowed" ? 200 : 503);
    expect(decision.headers["Retry-After"]).toBe(code === "allowed" ? undefined : "1");
  });

  test("local counting counts", async () => {
    const { ask, state } = start();
    state.down = true;
    const codes: string[] = [];
    for (let i = 0; i < 3; i++) codes.push((await ask({ limit: "local" })).code);
    expect(codes).toEqual(["allowed", "allowed", "rate_limited"]);
    codes.length = 0;
    for (let i = 0; i < 3; i++) codes.push((await ask({ use: { counted: 1 } })).code);
    expect(codes).toEqual(["allowed", "allowed", "quota_exceeded"]);
  });

  test("what was counted locally is given back locally", async () => {
    const { ask, state } = start();
    state.down = true;
    for (let i = 0; i < 5; i++) {
      const decision = await ask({ limit: "local" });
      expect(decision.allowed).toBe(true);
      await decision.refund();
    }
  });

  test("nothing to charge, nothing to fail", async () => {
    const { ask, state, events } = start();
    state.down = true;
    expect(await ask({ auth: "required" })).toMatchObject({ allowed: true, degraded: [] });
    expect([state.calls, events.length]).toEqual([0, 0]);
  });

  test("once it is back, the true counter counts again and nothing is marked", async () => {
    const { ask, state } = start();
    await ask({ limit: "local" });
    state.down = true;
    await ask({ limit: "local" });
    state.down = false;
    const decision = await ask({ limit: "local" });
    expect(decision).toMatchObject({ allowed: true, degraded: [] });
    expect(decision.limits).toMatchObject([{ remaining: 0 }]);
  });

  test("a settlement that fails is told to whoever settles", async () => {
    const { ask, state } = start();
    const decision = await ask({ use: { strict: 2 } });
    state.down = true;
    await expect((async () => decision.settle({ strict: 1 }))()).rejects.toThrow("connection lost");
  });

  test("a decision reads features without its store as far as it can", async () => {
    const { ask, state } = start();
    const decision = await ask({ use: { strict: 1 } });
    state.down = true;
    expect(decision.feature("strict")).toMatchObject({ granted: true, value: 2, used: 1 });
    expect(decision.feature("counted")).toEqual({ granted: true, kind: "metered", value: 2 });
  });
});

test("a store that answers by any thenable is waited for as by a promise", async () => {
  const memory = memoryStore();
  const later = "then";
  const store: Store = {
    ...memory,
    connect: (host) => memory.connect?.(host),
    settle: (...call) => memory.settle(...call),
    charge: (...call) => {
      const outcome = memory.charge(...call);
      return { [later]: (done: (value: unknown) => void) => done(outcome) } as never;
    },
  };
  const decision = define(store).flux.decide(request("GET /", { as: {} }), { limit: "local" });
  expect(decision).toBeInstanceOf(Promise);
  expect((await decision).limits).toMatchObject([{ remaining: 1 }]);
});

test("a store that answered without its source of truth shows, for a limit by address too", async () => {
  const memory = memoryStore();
  const store: Store = {
    atomic: true,
    connect: (host) => memory.connect?.(host),
    charge: (...call) => ({ ...memory.charge(...call), degraded: true }),
    settle: (...call) => memory.settle(...call),
  };
  const { flux } = define(store);
  for (const limit of ["ring", "local"] as const) {
    const decision = await flux.decide(request("GET /x", { as: {} }), { limit });
    expect([decision.allowed, decision.degraded], limit).toEqual([true, ["store"]]);
  }
});

test.each(["throws", "rejects"] as const)(
  "failed credentials are counted here while a store %s",
  async (how) => {
    const { store, state } = flaky(how);
    const flux = defineFlux({
      auth: {
        apiKeys: { header: "x-api-key", lookup: () => null },
        failures: { quota: 2, window: "1h" },
      },
      store,
      now: () => Date.UTC(2026, 0, 1, 12),
      logger: quiet,
    });
    state.down = true;
    const codes: string[] = [];
    for (let i = 0; i < 4; i++) {
      const headers = { "x-api-key": `guess-number-${i}-of-many` };
      codes.push((await flux.decide(request("GET /x", { headers }))).code);
    }
    expect(codes).toEqual(["invalid_token", "invalid_token", "rate_limited", "rate_limited"]);
  },
);

test.each(["throws", "rejects"] as const)(
  "a refund that a store does not take (%s) harms nobody, and the charge stands",
  async (how) => {
    const { store, state } = flaky(how);
    const { flux, events } = define(store);
    const facts = request("GET /x", { as: {} });
    const first = await flux.decide(facts, { limit: "local" });
    state.down = true;
    const second = await flux.decide(facts, { roles: "staff" }, first);
    expect(second.code).toBe("forbidden");
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(events).toContain("store");
    state.down = false;
    // What was not given back is not charged again for the same request.
    const third = await flux.decide(facts, { limit: "local" }, first);
    expect(third.limits).toMatchObject([{ name: "local", remaining: 1 }]);
  },
);

describe("a store that answers what is no outcome", () => {
  test.each([
    ["undefined", undefined],
    ["null", null],
    ["a word", "yes"],
    ["no verdict", { at: 1, marks: [0, 0] }],
    ["a verdict that is none", { allowed: "yes", at: 1, marks: [0, 0] }],
    ["no time", { allowed: true, at: Number.NaN, marks: [0, 0] }],
    ["no marks", { allowed: true, at: 1, marks: [] }],
    ["marks that are none", { allowed: true, at: 1, marks: [Number.NaN, 0] }],
    ["a refusal without a reason", { allowed: false, at: 1, marks: [0, 0] }],
  ])("%s: it has not charged", async (_what, answer) => {
    for (const give of [() => answer, () => Promise.resolve(answer)]) {
      const { flux, events } = define({
        atomic: true,
        charge: give as Store["charge"],
        settle: () => undefined,
      });
      const decision = await flux.decide(request("GET /", { as: {} }), { use: { strict: 1 } });
      expect(decision.code).toBe("unavailable");
      expect(decision.degraded).toEqual(["store"]);
      expect(decision.remedy?.plans).toBeUndefined();
      expect(events).toContain("store");
    }
  });
});

describe("an explanation without the store", () => {
  const { store, state } = flaky("rejects");
  const { flux } = define(store);
  const lines = async (requirement: object) => {
    state.down = true;
    const decision = await flux.decide(request("GET /", { as: {} }), requirement);
    return decision.explain().checks.filter(({ check }) => /limit|quota/.test(check));
  };

  test("says what was refused for want of it", async () => {
    expect(await lines({ limit: "deny" })).toEqual([
      {
        check: "limit deny",
        outcome: "failed",
        detail: 'not counted: the store could not charge, and onError is "deny"',
      },
    ]);
  });

  test("what was let pass", async () => {
    expect(await lines({ limit: "allow" })).toEqual([
      {
        check: "limit allow",
        outcome: "skipped",
        detail: 'not counted: the store could not charge, and onError is "allow"',
      },
    ]);
  });

  test("and what was counted here", async () => {
    const [line] = await lines({ limit: "local" });
    expect(line).toMatchObject({ check: "limit local", outcome: "passed" });
    expect(line?.detail).toMatch(/counted in this process: the store could not charge$/);
  });
});

test("a feature tells what was settled, also where the store would have to be awaited", async () => {
  const memory = memoryStore();
  const { flux } = define({
    atomic: true,
    connect: (host) => memory.connect(host),
    charge: async (...call) => memory.charge(...call),
    settle: async (...call) => memory.settle(...call),
  });
  const decision = await flux.decide(request("GET /", { as: {} }), { use: { strict: 2 } });
  expect(decision.feature("strict")).toMatchObject({ used: 2, remaining: 0 });
  await decision.settle({ strict: 1 });
  expect(decision.feature("strict")).toMatchObject({ used: 1, remaining: 1 });
});
