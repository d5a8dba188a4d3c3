import { fastifyFlux } from "@flux/fastify";
import fastify, { type FastifyInstance } from "fastify";
import type { flux } from "./flux.ts";
import { invoices } from "./invoices.ts";

/** The invoices API. The plugin comes first, so that a route with a wrong requirement stops the app. */
export async function invoicesApp(guard: typeof flux): Promise<FastifyInstance> {
  const app = fastify();
  await app.register(fastifyFlux, { flux: guard });
  app.get("/health", () => ({ status: "ok" }));
  await app.register(invoices);
  return app;
}
