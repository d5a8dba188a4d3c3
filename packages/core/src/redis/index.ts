/** @flux/core/redis: counters that several processes share. */
export type { RedisStoreOptions } from "./options.ts";
export { type RedisStore, redisStore } from "./redis-store.ts";
