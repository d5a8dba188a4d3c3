/**
 * The names of a config are its types: a misspelt one does not compile where it is used inside the
 * config itself. Each negative stands beside the line that is right. Checked by `tsc`; nothing here runs.
 */
import { defineFlux, type FluxConfig } from "@flux/core";

const features = {
  exports: { kind: "boolean" },
  seats: { kind: "static" },
  "ai-tokens": { kind: "metered", per: "month" },
} as const;

/** The config's parts as one writes them: literals without `as const`. */
defineFlux({
  features: {
    exports: { kind: "boolean" },
    seats: { kind: "static" },
    "ai-tokens": { kind: "metered", per: "month" },
  },
  plans: {
    free: { features: { seats: 3, "ai-tokens": 10_000 } },
    pro: { extends: "free", features: { exports: true, seats: "many", "ai-tokens": "unlimited" } },
    // @ts-expect-error no plan is called "por"
    scale: { extends: "por" },
    // @ts-expect-error no feature is called "export"
    team: { extends: "pro", features: { export: true } },
    // @ts-expect-error a metered quota is a number or "unlimited"
    trial: { features: { "ai-tokens": "many" } },
    // @ts-expect-error nor is it a boolean
    basic: { features: { "ai-tokens": true } },
    // @ts-expect-error a boolean feature is not counted
    plus: { features: { exports: 3 } },
    // @ts-expect-error a static value is no object
    max: { features: { seats: { value: 3 } } },
  },
  defaultPlan: "free",
  flags: {
    "exports-v2": {
      state: "ENABLED",
      variants: { on: true, off: false },
      defaultVariant: "off",
      targeting: { if: [{ in: [{ var: "plan" }, ["pro"]] }, "on", "off"] },
    },
    checkout: {
      state: "ENABLED",
      variants: { classic: "classic", express: "express" },
      defaultVariant: "classic",
    },
  },
  limits: {
    api: { quota: 600, window: "1m", by: "tenant", plans: { pro: { quota: 6_000, burst: 500 } } },
    login: { quota: 5, window: "1m", by: "ip" },
    search: { quota: 5, window: "1m", by: (facts) => facts.method, plans: { pro: "unlimited" } },
    // @ts-expect-error no plan is called "pr0"
    upload: { quota: 5, window: "1m", by: "tenant", plans: { pr0: 10 } },
    // @ts-expect-error only the word "unlimited" lifts a limit
    chat: { quota: 5, window: "1m", by: "tenant", plans: { pro: "none" } },
    // @ts-expect-error a limit counts by ip, principal, tenant, apiKey or a function
    ping: { quota: 5, window: "1m", by: "user" },
    // @ts-expect-error a window is a duration with a unit, or milliseconds
    hook: { quota: 5, window: "1 minute", by: "ip" },
  },
  routes: {
    "GET /health": "public",
    "POST /login": { auth: "none", limit: "login" },
    "POST /exports": { scopes: ["a"], flag: "exports-v2", feature: "exports", limit: "api" },
    "POST /chat": { use: { "ai-tokens": 2_000 }, limit: ["api", "search"], cost: 2 },
    "POST /size": { use: { "ai-tokens": (facts) => facts.url.length } },
    "POST /pay": { flag: { checkout: "express", "exports-v2": "on" } },
    "GET /seats": { feature: ["seats", "exports"], roles: { any: ["admin", "owner"] } },
    // @ts-expect-error no route is "pubic"
    "GET /typo": "pubic",
    // @ts-expect-error no flag is called "exports-v3"
    "GET /flag": { flag: "exports-v3" },
    // @ts-expect-error "checkout" is never true: which variant is meant?
    "GET /switch": { flag: "checkout" },
    // @ts-expect-error no flag is called "chekout"
    "GET /flags": { flag: { chekout: "express" } },
    // @ts-expect-error "checkout" has no variant "expres"
    "GET /variant": { flag: { checkout: "expres" } },
    // @ts-expect-error the variant of one flag is none of another's
    "GET /other": { flag: { "exports-v2": "classic" } },
    // @ts-expect-error no feature is called "export"
    "GET /feature": { feature: "export" },
    // @ts-expect-error one of the features is misspelt
    "GET /features": { feature: ["exports", "seat"] },
    // @ts-expect-error a metered feature is asked for by `use`
    "GET /metered": { feature: "ai-tokens" },
    // @ts-expect-error no feature is called "ai-token"
    "GET /use": { use: { "ai-token": 1 } },
    // @ts-expect-error a boolean feature is asked for by `feature`
    "GET /boolean": { use: { exports: 1 } },
    // @ts-expect-error an amount is a number
    "GET /amount": { use: { "ai-tokens": "2000" } },
    // @ts-expect-error no limit is called "apis"
    "GET /limit": { limit: "apis" },
    // @ts-expect-error one of the limits is misspelt
    "GET /limits": { limit: ["api", "logon"] },
    // @ts-expect-error auth is required, optional or none
    "GET /auth": { auth: "anonymous" },
    // @ts-expect-error a requirement has no field `scope`
    "GET /scope": { scope: "a" },
    // @ts-expect-error names of which one is enough stand in `any`
    "GET /any": { roles: { all: ["admin"] } },
    // @ts-expect-error an outcome is judged by its statuses or by a function
    "GET /refund": { refundOn: 502 },
  },
  onDenied(decision) {
    decision.flag("exports-v2");
    decision.feature("ai-tokens");
    // @ts-expect-error no flag is called "exports"
    decision.flag("exports");
    // @ts-expect-error no feature is called "tokens"
    decision.feature("tokens");
    return undefined;
  },
});

defineFlux({
  features,
  plans: { free: {} },
  // @ts-expect-error no plan is called "fre"
  defaultPlan: "fre",
});

/** Without flags there is no flag to name; the same holds for the other parts. */
defineFlux({
  routes: {
    "GET /a": {},
    // @ts-expect-error the config has no flags
    "GET /flag": { flag: "exports-v2" },
    // @ts-expect-error the config has no flags
    "GET /variant": { flag: { checkout: "express" } },
    // @ts-expect-error the config has no features
    "GET /feature": { feature: "exports" },
    // @ts-expect-error the config has no metered features
    "GET /use": { use: { "ai-tokens": 1 } },
    // @ts-expect-error the config has no limits
    "GET /limit": { limit: "api" },
  },
  // @ts-expect-error the config has no plans
  defaultPlan: "free",
});

/** Features, but none that is metered; and none that is not. */
defineFlux({
  features: { exports: { kind: "boolean" } },
  routes: {
    "GET /feature": { feature: "exports" },
    // @ts-expect-error none of the features is metered
    "GET /use": { use: { exports: 1 } },
  },
});
defineFlux({
  features: { calls: { kind: "metered", per: "day" } },
  routes: {
    "GET /use": { use: { calls: 1 } },
    // @ts-expect-error all of the features are metered
    "GET /feature": { feature: "calls" },
  },
});

defineFlux({
  features: {
    // @ts-expect-error a feature is boolean, static or metered
    exports: { kind: "bool" },
  },
});
defineFlux({
  features: {
    // @ts-expect-error a metered feature says its period
    calls: { kind: "metered" },
  },
});
defineFlux({
  flags: {
    // @ts-expect-error a flag's state is ENABLED or DISABLED
    beta: { state: "enabled", variants: { on: true } },
  },
});

/** A config that is typed before it is defined takes any name, and still the right kind of each value. */
export const annotated: FluxConfig = {
  features: { exports: { kind: "boolean" }, calls: { kind: "metered", per: "day" } },
  plans: { free: { features: { exports: true, calls: "unlimited" } } },
  routes: {
    "GET /a": { feature: "exports", use: { calls: 1 }, flag: "beta", limit: "api" },
    "GET /b": { flag: { beta: "on" } },
    // @ts-expect-error an amount is a number
    "GET /c": { use: { calls: "1" } },
  },
};
