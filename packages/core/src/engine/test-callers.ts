/** For tests: a Flux whose callers say in a header who they are, and requests of theirs. */
import type { CustomPrincipal } from "../config/auth-types.ts";
import type { FluxConfig } from "../config/config-types.ts";
import type { Decision } from "../decision/decision.ts";
import type { Facts } from "../facts/facts.ts";
import { createFlux } from "./create-flux.ts";
import { compileEngine } from "./start/compile-engine.ts";
import { readConfig } from "./start/read-config.ts";

/** Believes the header `caller`: a principal as JSON. */
export const callers = {
  custom: (facts: Facts): CustomPrincipal | undefined => {
    const caller = (facts.headers as Record<string, string | undefined>).caller;
    return caller === undefined ? undefined : JSON.parse(caller);
  },
};

export interface Asked {
  readonly as?: Partial<CustomPrincipal>;
  readonly headers?: Record<string, string>;
  readonly ip?: string;
}

/** The facts of `GET /path`. */
export function request(line: string, { as, headers, ip }: Asked = {}): Facts {
  const [method = "GET", url = "/"] = line.split(" ");
  const caller = as && { caller: JSON.stringify({ subject: "ann", cookie: false, ...as }) };
  return { method, url, headers: { ...caller, ...headers }, ip: ip ?? "192.0.2.1" };
}

/** A decision that was there at once. */
export function atOnce<D extends Decision>(decision: D | Promise<D>): D {
  if (decision instanceof Promise) throw new Error("the decision had to be waited for");
  return decision;
}

export const quiet = { warn: () => undefined, error: () => undefined };

/** A service with plans, as the tests of remedies and explanations need it. */
export function defineService(
  records: Record<string, { plan?: string; overrides?: object; status?: string }>,
  now: () => number,
) {
  const config: FluxConfig = {
    auth: callers,
    tenant: { from: { claim: "org" }, load: (id) => records[id] as never },
    features: {
      exports: { kind: "boolean" },
      seats: { kind: "static" },
      tokens: { kind: "metered", per: "day" },
    },
    plans: {
      free: { features: { seats: 3, tokens: 100 } },
      pro: { extends: "free", features: { exports: true, seats: 50, tokens: 1_000 } },
      scale: { extends: "pro", features: { tokens: "unlimited" } },
    },
    defaultPlan: "free",
    flags: {
      "for-plans": {
        state: "ENABLED",
        variants: { on: true, off: false },
        defaultVariant: "off",
        targeting: { if: [{ "==": [{ var: "plan" }, "scale"] }, "on", "off"] },
      },
      never: { state: "ENABLED", variants: { on: true, off: false }, defaultVariant: "off" },
    },
    limits: {
      api: {
        quota: 60,
        window: "1m",
        burst: 2,
        by: "tenant",
        plans: { pro: { burst: 10 }, scale: "unlimited" },
      },
      ring: { quota: 60, window: "1m", burst: 1, by: "ip" },
    },
    routes: {
      "POST /ring": { auth: "none", limit: "ring" },
      "GET /limited": { limit: "api" },
      "POST /bulk": { limit: "api", cost: 5 },
      "POST /vast": { limit: "api", cost: 50 },
      "POST /chat": { use: { tokens: 60 } },
      "POST /book": { use: { tokens: 5_000 } },
      "GET /exports": { feature: "exports" },
      "GET /released": { flag: "for-plans" },
      "GET /never": { flag: "never", feature: "exports" },
      "GET /all": {
        scopes: ["a", "b"],
        roles: { any: ["x", "y"] },
        permissions: "p",
        flag: "for-plans",
        feature: "exports",
      },
      "POST /both": { feature: "exports", use: { tokens: 60 } },
    },
    now,
    logger: quiet,
  };
  const settings = readConfig(config);
  return createFlux(compileEngine(settings), settings);
}
