export { type FastifyFluxOptions, fastifyFlux } from "./fastify-flux.ts";
