import type { Denial } from "../../decision/decision.ts";
import type { CompiledFlag } from "../../flags/compile-flag.ts";
import { type Account, entitlementOf } from "../account.ts";
import type { Check } from "./check.ts";
import { evaluateFlag } from "./flag-context.ts";

/** A check that the account is entitled to a feature (a metered one: to any amount of it). */
export function featureCheck(feature: string): Check {
  const denied: Denial = {
    code: "feature_unavailable",
    check: "feature",
    name: feature,
    detail: `The plan does not include ${feature}.`,
  };
  return {
    kind: "feature",
    needs: "account",
    label: `feature ${feature}`,
    run: ({ account, now }) =>
      entitlementOf(account as Account, feature, now).granted ? undefined : denied,
    saw({ account, now }) {
      const { granted, value } = entitlementOf(account as Account, feature, now);
      const override = (account as Account).overrides?.has(feature) ? " and override" : "";
      return `${granted ? shown(value) : "not included"} (plan${override} ${account?.plan?.name ?? "none"})`;
    },
  };
}

const shown = (value: number | string | boolean) => (value === Infinity ? "unlimited" : value);

/** A check that a flag is `true` for this caller, or has the variant that is asked for. */
export function flagCheck(flag: CompiledFlag, variant: string | undefined): Check {
  const denied: Denial = {
    code: "flag_off",
    check: "flag",
    name: flag.key,
    detail: "There is nothing here for this caller.",
  };
  return {
    kind: "flag",
    needs: "context",
    flag,
    label: `flag ${flag.key}${variant === undefined ? "" : ` = ${variant}`}`,
    run(walk) {
      const { value, variant: given } = evaluateFlag(flag, walk);
      const passes = variant === undefined ? value === true : given === variant;
      return passes ? undefined : denied;
    },
    saw(walk) {
      const { value, variant: given, reason, errorCode } = evaluateFlag(flag, walk);
      return `${JSON.stringify(value) ?? "no value"} (variant ${given ?? "none"}, ${reason}${errorCode === undefined ? "" : ` ${errorCode}`})`;
    },
  };
}
