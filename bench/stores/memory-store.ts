/**
 * The memory store and what it is charged with. From the sources: a policy is a part of the engine that no
 * package exports, and only with it can the store's hot path be measured without a decision around it.
 */
import { quotaPolicy, ratePolicy } from "../../packages/core/src/limits/policy.ts";
import type { Charge } from "../../packages/core/src/limits/store.ts";

export { type MemoryStore, memoryStore } from "../../packages/core/src/limits/memory-store.ts";

/** ms. */
export const minute = 60_000;

const api = ratePolicy({ name: "bench-api", quota: 2 ** 20, window: 1_048_576, burst: 2 ** 20 });
const search = ratePolicy({ name: "bench-search", quota: 2 ** 19, window: 1_048_576 });
const tokens = quotaPolicy({ name: "bench-tokens", per: "month", quota: Infinity });

export const one: readonly Charge[] = [{ policy: api, partition: "", cost: 1 }];
export const three: readonly Charge[] = [
  { policy: api, partition: "", cost: 1 },
  { policy: search, partition: "", cost: 1 },
  { policy: tokens, partition: "", cost: 2_000 },
];
export const threeOfUser: readonly Charge[] = [
  { policy: api, partition: "", cost: 1 },
  { policy: search, partition: "user-17", cost: 1 },
  { policy: tokens, partition: "", cost: 2_000 },
];
