import { Readable } from "node:stream";
import { koaFlux } from "@flux/koa";
import Router from "@koa/router";
import Koa from "koa";
import { serve } from "../../express/support.ts";
import { contractFlux } from "../config.ts";
import { answersPreflight, corsHeaders, handlers, run } from "../handlers.ts";
import type { Target } from "./target.ts";

export const target: Target = {
  name: "koa",
  async start(environment) {
    const guard = koaFlux(contractFlux(environment));
    const app = new Koa();
    app.silent = true;
    app.use((ctx, next) => {
      ctx.set(corsHeaders(ctx.headers.origin));
      return next();
    });
    app.use(guard());
    app.use((ctx, next) => {
      if (!answersPreflight(ctx.method, ctx.path)) return next();
      ctx.status = 204;
    });
    const router = new Router();
    for (const handler of handlers) {
      const method = handler.method.toLowerCase() as "all" | "get" | "options" | "post";
      const own = handler.guard === undefined ? [] : [guard(handler.guard)];
      router[method](handler.path, ...own, async (ctx: Koa.Context) => {
        const { status, headers, body } = await run(handler, ctx.state.flux);
        ctx.status = status;
        ctx.set({ ...headers });
        ctx.body = typeof body === "string" ? body : Readable.from(body);
      });
    }
    app.use(router.routes());
    return serve(app.callback());
  },
};
