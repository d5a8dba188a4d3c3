/**
 * What one process may admit by itself while the store that it shares with others cannot be reached: its
 * part of each limit, so that all of them together admit about what one store would.
 */
import {
  longestRefill,
  mostOf,
  type Policy,
  quotaPolicy,
  ratePolicy,
} from "../../limits/policy.ts";
import type { Charge } from "../../limits/store.ts";

/**
 * The charges against this process's shares.
 * @param processes how many share, an integer of at least 1.
 * @returns `undefined` where one is more than a share ever admits, but not more than the whole: only the
 *   store can tell.
 */
export function localCharges(
  charges: readonly Charge[],
  processes: number,
): readonly Charge[] | undefined {
  if (processes <= 1) return charges;
  const shared: Charge[] = [];
  for (const charge of charges) {
    const policy = shareOf(charge.policy, processes);
    if (charge.cost > mostOf(policy) && charge.cost <= mostOf(charge.policy)) return undefined;
    shared.push({ ...charge, policy });
  }
  return shared;
}

const shares = new WeakMap<Policy, { readonly processes: number; readonly policy: Policy }>();

/**
 * A limit's share refills as much slower and lets pass at once as much less, but at least one unit; a
 * quota's is rounded down.
 */
function shareOf(policy: Policy, processes: number): Policy {
  const known = shares.get(policy);
  if (known?.processes === processes) return known.policy;
  const share = makeShare(policy, processes);
  shares.set(policy, { processes, policy: share });
  return share;
}

function makeShare(policy: Policy, processes: number): Policy {
  if (policy.kind === "quota") {
    const quota = Math.floor(policy.quota / processes);
    return quotaPolicy({ name: policy.name, per: policy.per, quota });
  }
  const burst = Math.max(1, Math.floor(policy.burst / processes));
  // The longest refill that the arithmetic is exact for; only limits over decades come near it.
  const longest = Math.floor(longestRefill / burst) * policy.quota;
  const window = Math.min(policy.window * processes, longest) / 1_000;
  return ratePolicy({ name: policy.name, quota: policy.quota, window, burst });
}
