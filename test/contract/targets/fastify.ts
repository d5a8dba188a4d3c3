import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { fastifyFlux } from "@flux/fastify";
import fastify from "fastify";
import { contractFlux } from "../config.ts";
import { answersPreflight, corsHeaders, handlers, run } from "../handlers.ts";
import type { Target } from "./target.ts";

export const target: Target = {
  name: "fastify",
  async start(environment) {
    const app = fastify({ forceCloseConnections: true });
    app.addHook("onRequest", async (request, reply) => {
      reply.headers(corsHeaders(request.headers.origin));
    });
    await app.register(fastifyFlux, { flux: contractFlux(environment) });
    app.addHook("onRequest", async (request, reply) => {
      if (answersPreflight(request.method, request.url)) return reply.code(204).send();
    });
    for (const handler of handlers)
      app.route({
        method: handler.method === "ALL" ? app.supportedMethods : handler.method,
        url: handler.path,
        config: { ...(handler.guard && { flux: handler.guard }) },
        async handler(request, reply) {
          const { status, headers, body } = await run(handler, request.flux);
          reply.code(status).headers({ ...headers });
          return reply.send(typeof body === "string" ? body : Readable.from(body));
        },
      });
    await app.listen({ host: "127.0.0.1", port: 0 });
    const { port } = app.server.address() as AddressInfo;
    return { port, close: () => app.close() };
  },
};
