export type { TestClock } from "./test-clock.ts";
export {
  type RecordedDecisions,
  type TestFlux,
  type TestFluxOptions,
  type TestVariant,
  testFlux,
} from "./test-flux.ts";
export type { TestCaller } from "./test-principal.ts";
export type { TestTenantRecord } from "./test-tenants.ts";
