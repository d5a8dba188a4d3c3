import type { Charge } from "./store.ts";

type Counted = Pick<Charge, "policy" | "partition">;

/** Whether two charges of one owner are on one counter. */
export function isSameCounter(one: Counted, other: Counted): boolean {
  return one.policy.index === other.policy.index && one.partition === other.partition;
}

/** Whether they are also by the same numbers. A quota's units are no part of its variant: a tenant may have its own. */
export function isSameAllowance(one: Counted, other: Counted): boolean {
  return (
    one.policy.variant === other.policy.variant &&
    one.policy.quota === other.policy.quota &&
    one.partition === other.partition
  );
}
