/** Nest's app, the same on both of its platforms. Its decorators are called, for no compiler applies them here. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { Decision, Keys } from "@flux/core";
import { CurrentDecision, Require } from "@flux/nest";
import { All, Controller, Get, Options, Post, Res } from "@nestjs/common";
import { appOf, type Platform, start } from "../../nest/support.ts";
import { contractFlux } from "../config.ts";
import { answersPreflight, corsHeaders, handlers, run } from "../handlers.ts";
import type { Target } from "./target.ts";

const methods = { GET: Get, POST: Post, OPTIONS: Options, ALL: All } as const;

/** What both platforms' responses can do. */
interface Reply {
  status(code: number): unknown;
  header(name: string, value: string): unknown;
  send(body: string | Readable): unknown;
}

export const nestTarget = (name: Target["name"], platform: Platform): Target => ({
  name,
  async start(environment) {
    const module = appOf(
      { flux: contractFlux(environment) as never },
      { controllers: [controllerOf(platform)] },
    );
    return start(platform, module, (app) => {
      app.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
        const headers = corsHeaders(request.headers.origin);
        for (const [each, value] of Object.entries(headers)) response.setHeader(each, value);
        // Nest has CORS in front of every guard.
        if (!answersPreflight(request.method, request.url)) return next();
        response.writeHead(204).end();
      });
    });
  },
});

function controllerOf(platform: Platform): new () => object {
  class ContractController {}
  const { prototype } = ContractController;
  handlers.forEach((handler, index) => {
    const method = `handler${index}`;
    Object.defineProperty(prototype, method, {
      configurable: true,
      async value(decision: Decision<Keys>, reply: Reply) {
        const { status, headers, body } = await run(handler, decision);
        reply.status(status);
        for (const [name, value] of Object.entries(headers)) reply.header(name, value);
        if (typeof body === "string") reply.send(body);
        else if (platform === "Fastify") reply.send(Readable.from(body));
        else Readable.from(body).pipe(reply as unknown as ServerResponse);
      },
    });
    const described = Object.getOwnPropertyDescriptor(prototype, method) as PropertyDescriptor;
    methods[handler.method](handler.path)(prototype, method, described);
    CurrentDecision()(prototype, method, 0);
    Res()(prototype, method, 1);
    if (handler.guard !== undefined) Require(handler.guard as never)(prototype, method, described);
  });
  Controller()(ContractController);
  return ContractController;
}
