/** Several guards on one request: identity is found once, nothing is charged twice, and a refusal costs nothing. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { defineFlux } from "../define-flux.ts";
import type { Facts } from "../facts/facts.ts";
import { atOnce, callers, quiet, request } from "./test-callers.ts";

const now = Date.UTC(2026, 0, 1, 12);
const custom = vi.fn(callers.custom);
const define = () =>
  defineFlux({
    auth: { custom },
    features: {
      exports: { kind: "boolean" },
      tokens: { kind: "metered", per: "day" },
      calls: { kind: "metered", per: "day" },
    },
    plans: { free: { features: { tokens: 100, calls: 100 } } },
    defaultPlan: "free",
    flags: {
      known: {
        state: "ENABLED",
        variants: { on: true, off: false },
        defaultVariant: "off",
        targeting: { if: [{ "==": [{ var: "targetingKey" }, "custom|ann"] }, "on", "off"] },
      },
      any: { state: "ENABLED", variants: { on: true, off: false }, defaultVariant: "on" },
    },
    limits: {
      api: { quota: 60, window: "1h", burst: 10, by: "principal" },
      ring: { quota: 60, window: "1h", burst: 10, by: "ip" },
    },
    now: () => now,
    logger: quiet,
  });

let flux: ReturnType<typeof define>;
let facts: Facts;
beforeEach(() => {
  flux = define();
  facts = request("POST /chat", { as: {} });
  custom.mockClear();
});
type Asked = Parameters<typeof flux.decide>[1];
/** The decisions of guards one behind another. */
const chain = (...requirements: Asked[]) => {
  let last = atOnce(flux.decide(facts, requirements[0]));
  for (const requirement of requirements.slice(1))
    last = atOnce(flux.decide(facts, requirement, last));
  return last;
};
const left = () => {
  const peek = { use: { tokens: 0, calls: 0 }, limit: ["api", "ring"] as const, cost: 0 };
  const { limits } = atOnce(flux.decide(facts, peek));
  return Object.fromEntries(limits.map(({ name, remaining }) => [name, remaining]));
};
const full = { tokens: 100, calls: 100, api: 10, ring: 10 };

test("a caller is asked for once, and a later guard may need more than an earlier one", () => {
  expect(chain({ auth: "optional" }, { auth: "required" }, { limit: "api" }).allowed).toBe(true);
  expect(custom).toHaveBeenCalledTimes(1);
  expect(chain({ auth: "none" }, { auth: "required" }).principal?.subject).toBe("ann");
});

test("a stranger that an earlier guard let pass is still a stranger", () => {
  facts = request("POST /chat");
  expect(chain({ auth: "optional" }, { auth: "required" }).code).toBe("unauthenticated");
});

test("a flag is read for the caller, also where an earlier guard read one for nobody", () => {
  const decision = chain({ auth: "none", flag: "any" }, { flag: "known" });
  expect(decision.code).toBe("allowed");
  expect(decision.flag("known")).toBe(true);
});

test("what both charge is charged once, by the larger", () => {
  chain({ limit: "api", cost: 2 }, { limit: "api", cost: 5 }, { limit: "api", cost: 3 });
  expect(left()).toEqual({ ...full, api: 5 });
  chain({ use: { tokens: 10 } }, { use: { tokens: 30, calls: 1 } });
  expect(left()).toEqual({ ...full, api: 5, tokens: 70, calls: 99 });
  chain({ limit: "ring" }, { limit: "ring" });
  expect(left()).toMatchObject({ ring: 9 });
});

test("a later guard's refusal gives back what earlier ones charged, but for the limits by address", () => {
  const refused = chain(
    { limit: "api", use: { tokens: 10 } },
    { limit: "ring" },
    { feature: "exports" },
  );
  expect(refused.code).toBe("feature_unavailable");
  expect(left()).toEqual({ ...full, ring: 9 });
});

test("a refusal charges nothing of all that was asked for together", () => {
  for (const requirement of [
    { use: { tokens: 101, calls: 5 }, limit: "api" },
    { use: { tokens: 5 }, limit: "api", cost: 11 },
    { use: { tokens: 5 }, feature: "exports" },
  ] as const)
    expect(atOnce(flux.decide(facts, requirement)).allowed).toBe(false);
  expect(left()).toEqual(full);
});

test("all that refuses is told at once: quotas before limits", () => {
  const { denials, status } = atOnce(
    flux.decide(facts, { use: { calls: 101, tokens: 101 }, limit: "api", cost: 11 }),
  );
  expect(denials.map(({ code, name }) => `${code} ${name}`)).toEqual([
    "quota_exceeded calls",
    "quota_exceeded tokens",
    "rate_limited api",
  ]);
  expect(status).toBe(429);
});

test("the decision of another Flux is none of an earlier guard", () => {
  const other = defineFlux({ auth: { custom: () => ({ subject: "root" }) }, logger: quiet });
  const foreign = atOnce(other.decide(facts));
  expect(atOnce(flux.decide(facts, {}, foreign as never)).principal?.subject).toBe("ann");
});

describe("settle and refund", () => {
  test("turn the reservation into the real use, once", async () => {
    const decision = chain({ use: { tokens: 40, calls: 2 } });
    decision.settle({ tokens: 7 });
    decision.settle({ tokens: 1 });
    expect(left()).toMatchObject({ tokens: 93, calls: 98 });
    decision.refund();
    decision.refund();
    expect(left()).toMatchObject({ tokens: 93, calls: 100 });
  });

  test("more than was reserved is charged too, and may overrun", () => {
    chain({ use: { tokens: 40 } }).settle({ tokens: 250 });
    expect(left()).toMatchObject({ tokens: 0 });
    expect(atOnce(flux.decide(facts, { use: { tokens: 1 } })).code).toBe("quota_exceeded");
  });

  test("the last decision settles for all guards together", () => {
    chain({ use: { tokens: 10 } }, { use: { tokens: 30 } }, { limit: "api" }).settle({
      tokens: 12,
    });
    expect(left()).toMatchObject({ tokens: 88, api: 9 });
  });

  test.each<[object, RegExp]>([
    [
      { token: 1 },
      /settle\(\{ "token" \}\): this request was not charged for it\. Did you mean "tokens"\? Charged: tokens\./,
    ],
    [{ calls: 1 }, /not charged for it/],
    [{ tokens: -1 }, /expected a whole number from 0 to 2\^53 - 1, got -1/],
    [{ tokens: 1.5 }, /got 1\.5/],
    [{ tokens: "5" }, /got 5/],
    [{ tokens: 2 ** 53 }, /got 9007199254740992/],
  ])("%j is an error and settles nothing", (actual, message) => {
    const decision = chain({ use: { tokens: 40 } });
    const settle = () => decision.settle({ tokens: 1, ...actual } as never);
    expect(settle).toThrow(message);
    expect(settle).toThrow(expect.objectContaining({ code: "settle_invalid" }));
    expect(left()).toMatchObject({ tokens: 60 });
  });

  test("a refused request has nothing to settle or to give back", () => {
    const refused = chain({ use: { tokens: 101 } });
    expect(() => refused.settle({ tokens: 1 })).toThrow(/Charged: no metered feature/);
    refused.refund();
    expect(left()).toEqual(full);
  });
});

describe("refundOn", () => {
  const conclude = (
    refundOn: NonNullable<Exclude<Asked, undefined> & { refundOn?: unknown }>["refundOn"],
    ...outcomes: [number, boolean?][]
  ) => {
    const decision = chain({ use: { tokens: 40 }, refundOn } as Asked);
    for (const [status, aborted = false] of outcomes) decision.conclude({ status, aborted });
    return left().tokens;
  };
  test("by status", () => {
    expect(conclude([502], [200])).toBe(60);
    expect(conclude([502, 503], [503])).toBe(60);
  });
  test("by a function of the outcome", () => {
    expect(conclude(({ aborted }: { aborted: boolean }) => aborted, [200, true])).toBe(100);
    expect(conclude(({ status }: { status: number }) => status >= 500, [404])).toBe(60);
  });
  test("the first word counts", () => {
    expect(conclude([502], [200], [502])).toBe(60);
  });
  test("a function that throws gives nothing back, and is reported", () => {
    const errors: string[] = [];
    flux.on("error", ({ source }) => errors.push(source));
    const boom = () => {
      throw new Error("boom");
    };
    expect(conclude(boom, [500])).toBe(60);
    expect(errors).toEqual(["refundOn"]);
  });
  test("only what has one waits for the response's end", () => {
    expect(chain({ use: { tokens: 1 } }).awaitsOutcome).toBe(false);
    expect(chain({ use: { tokens: 1 }, refundOn: [500] }).awaitsOutcome).toBe(true);
    expect(chain({ feature: "exports", refundOn: [500] }).awaitsOutcome).toBe(false);
  });
});

describe("a guard behind a settlement charges what is not paid yet", () => {
  const reserved = { use: { tokens: 10 } };
  test("all of it, where nothing was used", () => {
    const first = chain(reserved);
    first.settle({ tokens: 0 });
    expect(atOnce(flux.decide(facts, reserved, first)).feature("tokens").used).toBe(10);
  });
  test("the rest, whatever a refund could not give back any more", () => {
    const first = chain(reserved);
    first.settle({ tokens: 7 });
    first.refund();
    expect(atOnce(flux.decide(facts, reserved, first)).feature("tokens").used).toBe(10);
  });
});

test.each([null, undefined, "a decision", 7, {}, []])("%j is no earlier decision", (earlier) => {
  const flux = define();
  const facts = request("GET /x", { as: {} });
  for (const ask of [flux.decide, flux.peek])
    expect(atOnce(ask(facts, {}, earlier as never)).allowed).toBe(true);
});

test("the denial of one part of a request leaves the other parts charged", () => {
  const part = { ...facts, partial: true };
  const expensive = atOnce(flux.decide(part, { use: { tokens: 60 }, limit: "api" }));
  const forbidden = atOnce(flux.decide(part, { roles: "staff", limit: "api" }, expensive));
  expect(forbidden.code).toBe("forbidden");
  expect(forbidden.limits).toMatchObject([{ name: "tokens", charged: 60 }, { name: "api" }]);
  expect(left()).toEqual({ ...full, tokens: 40, api: 9 });
});

test("a part of a request gives back what it was charged itself", async () => {
  const part = { ...facts, partial: true };
  const expensive = atOnce(flux.decide(part, { use: { tokens: 60 } }));
  const cheap = atOnce(flux.decide(part, { use: { calls: 5 } }, expensive));
  await cheap.refund();
  expect(left()).toEqual({ ...full, tokens: 40 });
});
