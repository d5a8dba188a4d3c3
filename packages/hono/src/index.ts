export { type FluxVariables, type Guard, type HonoFluxOptions, honoFlux } from "./hono-flux.ts";
