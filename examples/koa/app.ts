import { Readable } from "node:stream";
import type { Decision, Flux } from "@flux/core";
import { koaFlux } from "@flux/koa";
import Router from "@koa/router";
import Koa from "koa";
import { write } from "./writer.ts";

/** A writing service. Its handlers run only for those who may have something written. */
export function writingApp(flux: Flux): Koa {
  const guard = koaFlux(flux);
  const router = new Router();

  router.get("/health", (ctx) => {
    ctx.body = { status: "ok" };
  });

  router.get("/usage", (ctx) => {
    ctx.body = ctx.state.flux?.feature("words");
  });

  router.post("/drafts/:subject", (ctx) => {
    ctx.type = "text";
    const words = write(String(ctx.params.subject), 50);
    ctx.body = Readable.from(counted(words, ctx.state.flux));
  });

  // A guard on one route adds to what flux.ts asks of it.
  router.post("/essays/:subject", guard({ feature: "essays" }), (ctx) => {
    ctx.type = "text";
    const words = write(String(ctx.params.subject), 1_000);
    ctx.body = Readable.from(counted(words, ctx.state.flux));
  });

  const app = new Koa();
  app.use(guard()); // the routes of flux.ts
  app.use(router.routes());
  return app;
}

/**
 * Passes words on, and at the end turns what was reserved into what was written. `finally` is reached by
 * a reader who leaves as well: Koa then ends the stream, and the words so far are paid for.
 */
async function* counted(words: AsyncIterable<string>, decision: Decision | undefined) {
  let count = 0;
  try {
    for await (const word of words) {
      count++;
      yield word;
    }
  } finally {
    await decision?.settle({ words: count });
  }
}
