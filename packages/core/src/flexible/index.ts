/** `@flux/core/flexible`: counters in whatever rate-limiter-flexible keeps them in. */
export {
  type FlexibleStore,
  type FlexibleStoreOptions,
  flexibleStore,
} from "./flexible-store.ts";
export type { FlexibleLimiter, FlexibleResult, FlexibleWindow, MakeLimiter } from "./limiter.ts";
