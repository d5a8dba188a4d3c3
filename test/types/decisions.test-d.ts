/** A Flux, its guards and its decisions know the names of their config. Checked by `tsc`; nothing here runs. */
import { type Decision, defineFlux, type Facts, type FeatureState, type Flux } from "@flux/core";
import { expressFlux } from "@flux/express";
import express from "express";
import { expectTypeOf } from "vitest";

const flux = defineFlux({
  features: {
    exports: { kind: "boolean" },
    seats: { kind: "static" },
    "ai-tokens": { kind: "metered", per: "month" },
    calls: { kind: "metered", per: "day" },
  },
  plans: { free: { features: { "ai-tokens": 10 } }, pro: { extends: "free" } },
  defaultPlan: "free",
  flags: {
    beta: { state: "ENABLED", variants: { on: true, off: false }, defaultVariant: "off" },
    theme: { state: "ENABLED", variants: { dark: "#000", light: "#fff" } },
    size: { state: "ENABLED", variants: { small: 1, large: 2 } },
    layout: { state: "ENABLED", variants: { wide: { columns: 3 }, slim: { columns: 1 } } },
  },
  limits: { api: { quota: 1, window: "1s", by: "principal" } },
});
declare const facts: Facts;

export async function decides() {
  const decision = await flux.decide(facts, { feature: "exports", use: { calls: 1 } });
  flux.decide(facts, { flag: "beta", limit: "api" });
  flux.decide(facts, { flag: { theme: "dark" } });
  // @ts-expect-error no feature is called "export"
  flux.decide(facts, { feature: "export" });
  // @ts-expect-error a metered feature is asked for by `use`
  flux.decide(facts, { feature: "calls" });
  // @ts-expect-error a boolean feature is asked for by `feature`
  flux.decide(facts, { use: { exports: 1 } });
  // @ts-expect-error no flag is called "bet"
  flux.decide(facts, { flag: "bet" });
  // @ts-expect-error "theme" is never true: which variant is meant?
  flux.decide(facts, { flag: "theme" });
  // @ts-expect-error "theme" has no variant "drak"
  flux.decide(facts, { flag: { theme: "drak" } });
  // @ts-expect-error no limit is called "ap"
  flux.decide(facts, { limit: "ap" });
  // @ts-expect-error facts have headers
  flux.decide({ method: "GET", url: "/" });

  const prepared = flux.prepare({ feature: ["exports", "seats"], cost: 2, limit: "api" });
  flux.decide(facts, prepared, decision);
  // @ts-expect-error no feature is called "seat"
  flux.prepare({ feature: ["exports", "seat"] });
  // @ts-expect-error no metered feature is called "call"
  flux.prepare({ use: { call: 1 } });

  expectTypeOf(decision.feature("seats")).toEqualTypeOf<FeatureState>();
  decision.feature("calls");
  // @ts-expect-error no feature is called "seat"
  decision.feature("seat");
  // @ts-expect-error no flag is called "themes"
  decision.flag("themes");
  // @ts-expect-error no flag is called "themes"
  decision.flagDetails("themes");

  decision.settle({ "ai-tokens": 5 });
  decision.settle({ "ai-tokens": 5, calls: 1 });
  // @ts-expect-error no metered feature is called "ai-token"
  decision.settle({ "ai-token": 5 });
  // @ts-expect-error only metered features are settled
  decision.settle({ exports: 5 });
  // @ts-expect-error an amount is a number
  decision.settle({ calls: "5" });
}

export async function readsFlags() {
  const decision = await flux.decide(facts);
  // A flag has no value where it is disabled or in error: then the caller's own default applies.
  expectTypeOf(decision.flag("beta")).toEqualTypeOf<boolean | undefined>();
  expectTypeOf(decision.flag("theme")).toEqualTypeOf<"#000" | "#fff" | undefined>();
  expectTypeOf(decision.flag("size")).toEqualTypeOf<1 | 2 | undefined>();
  expectTypeOf(decision.flag("layout")?.columns).toEqualTypeOf<3 | 1 | undefined>();
  const details = decision.flagDetails("theme");
  expectTypeOf(details.value).toEqualTypeOf<"#000" | "#fff" | undefined>();
  expectTypeOf(details.variant).toEqualTypeOf<"dark" | "light" | undefined>();

  const alone = flux.flags.evaluate("beta", { targetingKey: "someone", plan: "pro" });
  expectTypeOf(alone.value).toEqualTypeOf<boolean | undefined>();
  // @ts-expect-error no flag is called "alpha"
  flux.flags.evaluate("alpha", {});
}

export function guards() {
  const guard = expressFlux(flux);
  const app = express();
  app.use(guard());
  app.post("/exports", guard({ feature: "exports", flag: "beta", limit: "api" }), () => {});
  app.post("/chat", guard({ use: { "ai-tokens": ({ url }) => url.length } }), () => {});
  app.get("/dark", guard({ flag: { theme: "dark" } }), () => {});
  // @ts-expect-error no feature is called "exprots"
  guard({ feature: "exprots" });
  // @ts-expect-error a metered feature is asked for by `use`
  guard({ feature: "ai-tokens" });
  // @ts-expect-error a static feature is asked for by `feature`
  guard({ use: { seats: 1 } });
  // @ts-expect-error no flag is called "gamma"
  guard({ flag: "gamma" });
  // @ts-expect-error "theme" has no variant "blue"
  guard({ flag: { theme: "blue" } });
  // @ts-expect-error no limit is called "login"
  guard({ limit: "login" });
  // @ts-expect-error a requirement has no field `limits`
  guard({ limits: "api" });

  app.get("/tenant", guard({ auth: "required" }), async (request, response) => {
    // A handler may stand where no guard has been: the decision may be missing.
    // @ts-expect-error it is not known whether a guard was here
    request.flux.tenant;
    expectTypeOf(request.flux).toEqualTypeOf<Decision | undefined>();
    expectTypeOf(request.flux?.tenant?.id).toEqualTypeOf<string | undefined>();
    await request.flux?.settle({ "ai-tokens": 3 });
    response.json(request.flux?.feature("seats").value);
  });
}

export function passesOn() {
  // A function that does not care about the names takes every Flux and every decision.
  const anyFlux = (given: Flux) => given.warnings;
  anyFlux(flux);
  const anyDecision = (given: Decision) => given.status;
  return Promise.resolve(flux.decide(facts)).then(anyDecision);
}

export function withoutParts() {
  const plain = defineFlux({ routes: { "GET /": "public" } });
  plain.prepare({ scopes: "a" });
  plain.prepare({});
  // @ts-expect-error the config has no flags
  plain.prepare({ flag: "beta" });
  // @ts-expect-error the config has no flags
  plain.prepare({ flag: { theme: "dark" } });
  // @ts-expect-error the config has no features
  plain.prepare({ feature: "exports" });
  // @ts-expect-error the config has no metered features
  plain.prepare({ use: { calls: 1 } });
  // @ts-expect-error the config has no limits
  plain.prepare({ limit: "api" });
  // @ts-expect-error the config has no flags
  plain.flags.evaluate("beta", {});
  const guard = expressFlux(plain);
  // @ts-expect-error the config has no flags
  guard({ flag: "beta" });
  return async () => {
    const decision = await plain.decide(facts);
    // @ts-expect-error the config has no metered features
    decision.settle({ calls: 1 });
    // @ts-expect-error the config has no features
    decision.feature("exports");
  };
}

export function readsFlagsOfAnyFlux(decision: Decision, flux: Flux) {
  expectTypeOf(decision.flag("whatever")).toEqualTypeOf<unknown>();
  flux.prepare({ flag: "whatever", feature: "some", use: { any: 1 }, limit: "all" });
  flux.prepare({ flag: { whatever: "on" } });
  // @ts-expect-error whatever the names are, an amount is a number
  flux.prepare({ use: { any: "1" } });
}

export function definesApart() {
  // Parts that were written elsewhere keep their names.
  const limits = { api: { quota: 1, window: "1s", by: "ip" } } as const;
  const flags = {
    beta: { state: "ENABLED", variants: { on: true, off: false } },
  } as const;
  const made = defineFlux({ limits, flags, routes: { "GET /": { limit: "api", flag: "beta" } } });
  made.prepare({ limit: "api", flag: { beta: "on" } });
  // @ts-expect-error no limit is called "login"
  made.prepare({ limit: "login" });
}
