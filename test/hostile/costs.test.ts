import { type Decision, defineFlux, type Facts, type Flux, FluxError } from "@flux/core";
import { describe, expect, it } from "vitest";
import { marker } from "./identity.ts";

const notAmounts: readonly unknown[] = [
  Number.NaN,
  -1,
  -0.5,
  1.5,
  2 ** 53,
  -(2 ** 53),
  Infinity,
  -Infinity,
  "1",
  "",
  marker,
  null,
  undefined,
  true,
  1n,
  [1],
  {},
  { valueOf: () => 1 },
  Promise.resolve(1),
  Symbol("x"),
];

function makeFlux(requirement: object, by: unknown = "tenant", kind = "cost") {
  const errors: { source: string; message: string; error?: unknown }[] = [];
  const flux = defineFlux({
    auth: { custom: () => ({ subject: "ada", tenant: "acme" }) },
    tenant: { from: { claim: "org" } },
    features: { tokens: { kind: "metered", per: "month" } },
    plans: { free: { features: { tokens: 10 } } },
    defaultPlan: "free",
    limits: { api: { quota: 10, window: "1h", by } },
    routes: {
      "GET /hostile": requirement,
      "GET /all": { limit: "api", cost: by === "tenant" ? 10 : 0, use: { tokens: 10 } },
      "GET /open": { auth: "none", ...(kind === "shield" ? requirement : {}) },
    },
  } as never) as unknown as Flux;
  flux.on("error", (event) => errors.push(event));
  return { flux, errors };
}
const facts = (url: string): Facts => ({ method: "GET", url, headers: {}, ip: "192.0.2.1" });
const throws = () => {
  throw new Error(marker);
};

describe("a cost or an amount that a function gives", () => {
  const given = [
    ...notAmounts.map((value) => [String(value?.toString?.() ?? value), () => value] as const),
    ["a throw", throws] as const,
  ];

  it.each(given)("of %s is a bad request, never a charge, and is reported", async (_name, cost) => {
    for (const requirement of [
      { limit: "api", cost },
      { use: { tokens: cost } },
      { limit: "api", cost, use: { tokens: 5 } },
      { limit: "api", cost: 5, use: { tokens: cost } },
    ]) {
      const { flux, errors } = makeFlux(requirement);
      const decision = flux.decide(facts("/hostile")) as Decision;
      expect(decision.code).toBe("bad_request");
      const response = await flux.respond(decision, facts("/hostile"));
      expect(JSON.stringify(response)).not.toContain(marker);
      expect(errors).toHaveLength(1);
      expect(errors[0]?.source).toBe("cost");
      // Everything is still there to be spent.
      expect((flux.decide(facts("/all")) as Decision).code).toBe("allowed");
    }
  });

  it.each(given)("of %s is refused for strangers and in guards, too", (_name, cost) => {
    const { flux } = makeFlux({ limit: "api", cost }, "ip", "shield");
    expect((flux.decide(facts("/open")) as Decision).code).toBe("bad_request");
    const other = makeFlux({}).flux;
    const guarded = other.decide(facts("/nowhere"), { limit: "api", cost } as never) as Decision;
    expect(guarded.code).toBe("bad_request");
    // A larger constant beside it does not hide it.
    const earlier = other.decide(facts("/nowhere"), { limit: "api", cost: 4 } as never) as Decision;
    const later = other.decide(
      facts("/nowhere"),
      { limit: "api", cost } as never,
      earlier,
    ) as Decision;
    expect(later.code).toBe("bad_request");
    expect((other.decide(facts("/all")) as Decision).code).toBe("allowed");
  });

  it("of 0, and of 2^53 - 1, is what it says", () => {
    const free = makeFlux({ limit: "api", cost: () => 0, use: { tokens: () => 0 } }).flux;
    for (let i = 0; i < 50; i++)
      expect((free.decide(facts("/hostile")) as Decision).allowed).toBe(true);
    expect((free.decide(facts("/all")) as Decision).allowed).toBe(true);
    const huge = makeFlux({ limit: "api", cost: () => Number.MAX_SAFE_INTEGER }).flux;
    const decision = huge.decide(facts("/hostile")) as Decision;
    expect(decision.code).toBe("rate_limited");
    expect(decision.headers["Retry-After"]).toBeUndefined();
  });
});

describe("a partition that a function gives", () => {
  const notPartitions = [
    "",
    "x".repeat(257),
    7,
    null,
    undefined,
    {},
    [],
    true,
    Symbol("x"),
    Promise.resolve("a"),
  ];
  it.each([...notPartitions.map((value) => () => value), throws])(
    "that is none is a bad request (%#)",
    (by) => {
      const { flux, errors } = makeFlux({ limit: "api" }, by);
      expect((flux.decide(facts("/hostile")) as Decision).code).toBe("bad_request");
      expect(errors).toHaveLength(1);
    },
  );
});

describe("a constant of the config that is no amount", () => {
  it.each(notAmounts.filter((value) => value !== undefined))(
    "is an error at start that names its path (%#)",
    (amount) => {
      const problems = (requirement: object) => {
        try {
          makeFlux(requirement);
        } catch (error) {
          expect(error).toBeInstanceOf(FluxError);
          expect((error as FluxError).code).toBe("config_invalid");
          return (error as FluxError).problems
            .map(({ path, message }) => `${path} ${message}`)
            .join("\n");
        }
        return "none";
      };
      expect(problems({ limit: "api", cost: amount })).toContain(
        'routes["GET /hostile"].cost expected a whole number',
      );
      expect(problems({ use: { tokens: amount } })).toContain(
        'routes["GET /hostile"].use.tokens expected a whole number',
      );
      const { flux } = makeFlux({});
      expect(() => flux.decide(facts("/nowhere"), { limit: "api", cost: amount } as never)).toThrow(
        "expected a whole number",
      );
      expect(() => flux.prepare({ use: { tokens: amount } } as never)).toThrow(
        "expected a whole number",
      );
    },
  );
});
