/** The plugin fits into typed apps, and a route's requirement is one. */
import { type Decision, defineFlux } from "@flux/core";
import { fastifyFlux } from "@flux/fastify";
import fastify, { type FastifyRequest } from "fastify";

const flux = defineFlux({
  features: { exports: { kind: "boolean" } },
  limits: { api: { quota: 1, window: "1s", by: "ip" } },
});

const app = fastify();
await app.register(fastifyFlux, { flux });
app.register(async (inside) => {
  await inside.register(fastifyFlux, { flux });
});
app.get("/", { config: { flux: { feature: "exports", limit: "api", auth: "none" } } }, () => "ok");
app.route({
  method: "POST",
  url: "/",
  config: { flux: { use: {}, cost: () => 2 } },
  handler: (request) => request.flux?.tenant?.id ?? null,
});

const secure = fastify({ https: {} });
secure.register(fastifyFlux, { flux });
const second = fastify({ http2: true });
second.register(fastifyFlux, { flux });

export const read = (request: FastifyRequest): Decision | null => request.flux;

// @ts-expect-error There is no such way to authenticate.
app.get("/auth", { config: { flux: { auth: "some" } } }, () => "ok");
// @ts-expect-error The config is not yet a Flux.
app.register(fastifyFlux, { flux: { features: {} } });
