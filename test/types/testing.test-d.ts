/** A config of its own file keeps its names in the app and in the app's tests. Checked by `tsc`; nothing here runs. */
import { type Decision, defineConfig, defineFlux, type Flux } from "@flux/core";
import { type TestFlux, testFlux } from "@flux/core/testing";
import { expressFlux } from "@flux/express";
import { expectTypeOf } from "vitest";

const config = defineConfig({
  auth: { jwt: { issuer: "https://idp.example.com", audience: "api" } },
  tenant: { from: { claim: "org_id" } },
  features: {
    exports: { kind: "boolean" },
    seats: { kind: "static" },
    tokens: { kind: "metered", per: "month" },
  },
  plans: {
    free: { features: { tokens: 10 } },
    pro: { extends: "free" },
    // @ts-expect-error no plan is called "por"
    scale: { extends: "por" },
  },
  defaultPlan: "free",
  flags: {
    beta: { state: "ENABLED", variants: { on: true, off: false }, defaultVariant: "off" },
    theme: { state: "ENABLED", variants: { dark: "#000", light: "#fff" } },
    always: { state: "ENABLED", variants: { yes: true } },
  },
  limits: { api: { quota: 1, window: "1s", by: "principal" } },
  routes: {
    "GET /a": { feature: "exports", flag: "beta", limit: "api", use: { tokens: 1 } },
    // @ts-expect-error no feature is called "export"
    "GET /feature": { feature: "export" },
    // @ts-expect-error no flag is called "bet"
    "GET /flag": { flag: "bet" },
    // @ts-expect-error no limit is called "ap"
    "GET /limit": { limit: "ap" },
    // @ts-expect-error "theme" has no variant "drak"
    "GET /variant": { flag: { theme: "drak" } },
    // @ts-expect-error a requirement has no field `scope`
    "GET /scope": { scope: "a" },
  },
  onDenied(decision) {
    decision.flag("beta");
    // @ts-expect-error no flag is called "bet"
    decision.flag("bet");
    return undefined;
  },
});

defineConfig({
  // @ts-expect-error a config has no field `route`
  route: {},
});

export function sameNamesInBoth() {
  const flux = defineFlux(config);
  const test = testFlux(config, { now: "2030-01-01" });
  const plain = defineFlux(defineConfig({ limits: { api: { quota: 1, window: "1s", by: "ip" } } }));
  for (const each of [flux, test]) {
    each.prepare({ feature: ["exports", "seats"], flag: { theme: "dark" }, limit: "api" });
    // @ts-expect-error no feature is called "export"
    each.prepare({ feature: "export" });
    // @ts-expect-error "theme" is never true
    each.prepare({ flag: "theme" });
  }
  type KeysIn<F> = F extends Flux<infer K> ? K : never;
  expectTypeOf<KeysIn<typeof test>>().toEqualTypeOf<KeysIn<typeof flux>>();
  expectTypeOf<KeysIn<typeof flux>["plans"]>().toEqualTypeOf<"free" | "pro" | "scale">();
  expectTypeOf<KeysIn<typeof plain>["limits"]>().toEqualTypeOf<"api">();
  // @ts-expect-error the config has no flags
  plain.prepare({ flag: "beta" });
  // @ts-expect-error the config has no features
  plain.prepare({ feature: "exports" });

  const guard = expressFlux(test);
  guard({ feature: "exports", use: { tokens: 1 } });
  // @ts-expect-error no limit is called "login"
  guard({ limit: "login" });
}

export function changesPartOfIt() {
  const changed = testFlux({ ...config, tenant: { from: { header: "x-tenant" } } });
  changed.prepare({ feature: "exports", flag: { theme: "dark" }, limit: "api" });
  changed.withPlan("acorn", "pro");
  // @ts-expect-error no feature is called "export"
  changed.prepare({ feature: "export" });
}

export function commands() {
  const flux = testFlux(config);
  flux.withPlan("acorn", "pro");
  flux.withPlan("acorn", "free", {
    overrides: { exports: true, seats: 3, tokens: { value: 9, expiresAt: "2030-01-01" } },
    status: "suspended",
  });
  // @ts-expect-error no plan is called "platinum"
  flux.withPlan("acorn", "platinum");
  // @ts-expect-error no feature is called "export"
  flux.withPlan("acorn", "pro", { overrides: { export: true } });

  flux.withFlag("beta", "on");
  flux.withFlag("beta", false);
  flux.withFlag("beta", null);
  flux.withFlag("theme", "dark");
  flux.withFlag("always", true);
  // @ts-expect-error no flag is called "bet"
  flux.withFlag("bet", true);
  // @ts-expect-error "beta" has no variant "onn"
  flux.withFlag("beta", "onn");
  // @ts-expect-error "theme" is never true
  flux.withFlag("theme", true);
  // @ts-expect-error "always" is never false
  flux.withFlag("always", false);
  // @ts-expect-error null gives the flag back to the config; a variable that was never set does not
  flux.withFlag("beta", undefined);

  flux.clock.advance("90s");
  flux.clock.set(new Date());
  // @ts-expect-error a duration has a unit
  flux.clock.advance("90 seconds");

  expectTypeOf(flux.decisions.at(-1)?.flag("theme")).toEqualTypeOf<"#000" | "#fff" | undefined>();
  // @ts-expect-error what was decided is not for a test to change
  flux.decisions.push();
  const { authorization } = flux.asPrincipal({ subject: "ann", type: "apiKey", tenant: "acorn" });
  expectTypeOf(authorization).toEqualTypeOf<string>();
  // @ts-expect-error there is no such type
  flux.asPrincipal({ subject: "ann", type: "internal" });
  // @ts-expect-error a caller has a subject
  flux.asPrincipal({ tenant: "acorn" });
}

export function withoutParts() {
  const plain = testFlux({ routes: { "GET /": "public" } });
  // @ts-expect-error the config has no plans
  plain.withPlan("acorn", "pro");
  // @ts-expect-error the config has no flags
  plain.withFlag("beta", true);
}

export function passesOn() {
  // A helper of a test suite takes every TestFlux; whatever takes a Flux takes one, too.
  const anyTest = (flux: TestFlux) => {
    flux.withPlan("acorn", "pro");
    flux.withFlag("beta", true);
    flux.withFlag("beta", "on");
    return flux.decisions.map((decision: Decision) => decision.code);
  };
  const anyFlux = (flux: Flux) => flux.warnings;
  anyTest(testFlux({}));
  anyFlux(testFlux(config));
}
