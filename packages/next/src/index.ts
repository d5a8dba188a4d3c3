export { DenialError } from "./denial-error.ts";
export type { Decided, Guard, RouteContext, RouteHandler } from "./guard-type.ts";
export { type NextFlux, type NextFluxOptions, nextFlux } from "./next-flux.ts";
export { oncePerProcess } from "./once-per-process.ts";
