/**
 * The app that is decided for, in the words of both stacks: `POST /exports/:id` needs the scope
 * `exports:write`, a flag that is on for some plans, a feature of the plan, one unit of a monthly quota, and
 * room in two limits of the tenant.
 */
import type { FlagDefinition } from "@flux/core";

export const scope = "exports:write";
export const flagKey = "exports-v2";

/** In flagd's format, which both read. */
export const flags = {
  [flagKey]: {
    state: "ENABLED",
    variants: { on: true, off: false },
    defaultVariant: "off",
    targeting: {
      if: [
        { in: [{ var: "plan" }, ["pro", "scale"]] },
        "on",
        {
          if: [
            { "==": [{ var: "plan" }, "basic"] },
            "off",
            {
              fractional: [
                ["on", 10],
                ["off", 90],
              ],
            },
          ],
        },
      ],
    },
  },
} as const satisfies Record<string, FlagDefinition>;

/** So large that nobody is refused while measuring, and every counter is counted. */
export const quotas = {
  /** Units a month. */
  tokens: 1_000_000_000,
  /** Requests a minute. */
  api: 50_000_000,
  exports: 40_000_000,
} as const;

/** What each plan includes; tokens by the month. */
export const plans = {
  /** Without the flag. */
  basic: { exports: true, tokens: quotas.tokens },
  pro: { exports: true, tokens: quotas.tokens },
  /** Without the feature. */
  scale: { exports: false, tokens: quotas.tokens },
} as const;

/** Who is there only to see that nobody passes who lacks one thing: the tenants that are measured are on `pro`. */
export const tenantsWithout = { flag: "on-basic", feature: "on-scale" } as const;

export const planOf = (tenant: string): keyof typeof plans => {
  if (tenant === tenantsWithout.flag) return "basic";
  return tenant === tenantsWithout.feature ? "scale" : "pro";
};

export const path = "/exports/7f3a";
export const pattern = "/exports/:id";
