import type { RequestListener } from "node:http";
import { type FluxVariables, honoFlux } from "@flux/hono";
import { getRequestListener } from "@hono/node-server";
import { Hono, type MiddlewareHandler } from "hono";
import { serve } from "../../express/support.ts";
import { type ContractFlux, contractFlux } from "../config.ts";
import { answersPreflight, corsHeaders, handlers, run } from "../handlers.ts";
import type { Target } from "./target.ts";

export const target: Target = {
  name: "hono",
  async start(environment) {
    const guard = honoFlux(contractFlux(environment));
    const app = new Hono<{ Variables: FluxVariables<ContractFlux> }>();
    app.use(async (c, next) => {
      for (const [name, value] of Object.entries(corsHeaders(c.req.header("origin"))))
        c.res.headers.set(name, value);
      await next();
    });
    app.use(guard());
    app.use(async (c, next) => {
      if (answersPreflight(c.req.method, c.req.path)) return c.body(null, 204);
      await next();
    });
    for (const handler of handlers) {
      const pass: MiddlewareHandler = (_c, next) => next();
      const own = handler.guard === undefined ? pass : guard(handler.guard);
      app.on(handler.method, handler.path, own as MiddlewareHandler, async (c) => {
        const { status, headers, body } = await run(handler, c.var.flux);
        const sent = typeof body === "string" ? body : ReadableStream.from(body);
        return new Response(sent as ReadableStream<Uint8Array>, {
          status,
          headers: { ...headers },
        });
      });
    }
    app.onError((_error, c) => c.json({ error: "broken" }, 500));
    return serve(getRequestListener(app.fetch) as RequestListener);
  },
};
