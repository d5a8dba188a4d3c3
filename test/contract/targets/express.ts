import { Readable } from "node:stream";
import { expressFlux } from "@flux/express";
import express, { type ErrorRequestHandler } from "express";
import { serve } from "../../express/support.ts";
import { contractFlux } from "../config.ts";
import { answersPreflight, corsHeaders, handlers, run } from "../handlers.ts";
import type { Target } from "./target.ts";

export const target: Target = {
  name: "express",
  async start(environment) {
    const guard = expressFlux(contractFlux(environment));
    const app = express();
    app.use((request, response, next) => {
      response.set(corsHeaders(request.headers.origin));
      next();
    });
    app.use(guard());
    app.use((request, response, next) => {
      if (!answersPreflight(request.method, request.path)) return next();
      response.status(204).end();
    });
    for (const handler of handlers) {
      const method = handler.method.toLowerCase() as "all" | "get" | "options" | "post";
      const own = handler.guard === undefined ? [] : [guard(handler.guard)];
      app[method](handler.path, ...own, async (request, response) => {
        const { status, headers, body } = await run(handler, request.flux);
        response.writeHead(status, headers);
        if (typeof body === "string") response.end(body);
        else Readable.from(body).pipe(response);
      });
    }
    app.use(((_error, _request, response, _next) => {
      response.status(500).type("application/json").send('{"error":"broken"}');
    }) as ErrorRequestHandler);
    return serve(app);
  },
};
