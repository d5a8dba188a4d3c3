export { generateApiKey, hashApiKey } from "./auth/generate-api-key.ts";
export type {
  ApiKeyRecord,
  AuthInput,
  CustomPrincipal,
  IssuerInput,
  NamedCaller,
} from "./config/auth-types.ts";
export type {
  FeatureInput,
  FeaturesInput,
  FlagsInput,
  FluxConfig,
  KeysOf,
  LimitBy,
  LimitInput,
  OnDeniedAnswer,
  PlanInput,
  TenantFrom,
  TenantInput,
  TenantRecord,
} from "./config/config-types.ts";
export type { Keys, Names, Requirement, ResponseOutcome } from "./config/requirement-types.ts";
export { type DenialCode, denialCodes } from "./decision/codes.ts";
export type {
  DecidedTenant,
  Decision,
  DecisionRecord,
  Denial,
  ExplainedCheck,
  Explanation,
  FeatureState,
  FlagEvaluation,
  LimitState,
  MissingNames,
  Remedy,
} from "./decision/decision.ts";
export type { Principal } from "./decision/principal.ts";
export { defineConfig } from "./define-config.ts";
export { defineFlux } from "./define-flux.ts";
export type { FluxErrorEvent, FluxEvents } from "./engine/answer/listeners.ts";
export type { CarriedCharge, CarriedCharges, ChargeReceipt } from "./engine/charges/carried.ts";
export type { Caller, Flux, Invalidation, PreparedRequirement } from "./engine/flux.ts";
export { FluxError, type FluxErrorCode, type Problem } from "./errors.ts";
export { cookie } from "./facts/cookies.ts";
export { type Facts, type HeadersLike, header, path } from "./facts/facts.ts";
export type { EvaluationContext, FlagDefinition, FlagDetails } from "./flags/types.ts";
export type { DenialResponse } from "./http/denial-response.ts";
export { type MemoryStore, type MemoryStoreOptions, memoryStore } from "./limits/memory-store.ts";
export type { Policy, QuotaPolicy, RatePolicy } from "./limits/policy.ts";
export type { Charge, Outcome, Receipt, Store, StoreHost } from "./limits/store.ts";
export type { Register, RegisteredKeys } from "./register.ts";
export type { Duration } from "./support/duration.ts";
