export {
  CurrentDecision,
  CurrentPrincipal,
  CurrentTenant,
  Public,
  Require,
} from "./decorators.ts";
export { DenialException } from "./denial-exception.ts";
export { DenialFilter } from "./denial-filter.ts";
export { FluxGuard } from "./flux-guard.ts";
export {
  FluxModule,
  type FluxModuleExtras,
  type FluxModuleOptions,
  type FluxOptionsFactory,
} from "./flux-module.ts";
export type { RequestResponse } from "./requests.ts";
export { FLUX } from "./tokens.ts";
