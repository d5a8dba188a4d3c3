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
          fractional: [
            ["on", 10],
            ["off", 90],
          ],
        },
      ],
    },
  },
} as const satisfies Record<string, FlagDefinition>;

/** Every tenant that is measured is on it; any other is on `free`. */
export const planOfTenant = "pro";

/** So large that nobody is refused while measuring, and every counter is counted. */
export const quotas = {
  /** Units a month. */
  tokens: 1_000_000_000,
  /** Requests a minute. */
  api: 50_000_000,
  exports: 40_000_000,
} as const;

/** By name, as responses tell of them. */
export const limits = ["api", "exports"] as const;

export const path = "/exports/7f3a";
export const pattern = "/exports/:id";
