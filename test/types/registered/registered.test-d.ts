/**
 * An app that has registered its Flux: in every framework, decorators and route configs included, a
 * misspelt name does not compile. Checked by `tsc`; nothing here runs.
 */
import { type Decision, defineFlux, type RegisteredKeys } from "@flux/core";
import { expressFlux } from "@flux/express";
import { fastifyFlux } from "@flux/fastify";
import { honoFlux } from "@flux/hono";
import { koaFlux } from "@flux/koa";
import { CurrentDecision, Require } from "@flux/nest";
import { nextFlux } from "@flux/next";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";

const flux = defineFlux({
  features: { exports: { kind: "boolean" }, tokens: { kind: "metered", per: "month" } },
  flags: {
    beta: { state: "ENABLED", variants: { on: true, off: false }, defaultVariant: "off" },
    theme: { state: "ENABLED", variants: { dark: "#000", light: "#fff" } },
  },
  limits: { api: { quota: 1, window: "1s", by: "principal" } },
});

declare module "@flux/core" {
  interface Register {
    flux: typeof flux;
  }
}

/** What every framework's decision must know, and must not. */
function read(decision: Decision<RegisteredKeys>) {
  decision.feature("exports");
  decision.settle({ tokens: 1 });
  const theme: "#000" | "#fff" | undefined = decision.flag("theme");
  // @ts-expect-error no feature is called "export"
  decision.feature("export");
  // @ts-expect-error no metered feature is called "token"
  decision.settle({ token: 1 });
  return theme;
}

export function express5() {
  const guard = expressFlux(flux);
  const app = express();
  app.post("/", guard({ feature: "exports", use: { tokens: 1 } }), ({ flux }) => {
    if (flux !== undefined) read(flux);
    // @ts-expect-error no flag is called "bet"
    flux?.flag("bet");
  });
  // @ts-expect-error no feature is called "export"
  app.post("/", guard({ feature: "export" }));
}

export function koa3() {
  const guard = koaFlux(flux);
  const app = new Koa();
  app.use(guard({ limit: "api" }));
  app.use(({ state }) => {
    if (state.flux !== undefined) read(state.flux);
    // @ts-expect-error no flag is called "bet"
    state.flux?.flag("bet");
  });
  // @ts-expect-error no limit is called "ap"
  app.use(guard({ limit: "ap" }));
}

export function fastify5() {
  const app = fastify();
  app.register(fastifyFlux, { flux });
  app.get("/", { config: { flux: { feature: "exports", flag: "beta" } } }, ({ flux }) => {
    if (flux !== null) read(flux);
    // @ts-expect-error no flag is called "bet"
    flux?.flag("bet");
  });
  // @ts-expect-error "theme" is never true: which variant is meant?
  app.get("/theme", { config: { flux: { flag: "theme" } } }, () => undefined);
  // @ts-expect-error no feature is called "export"
  app.get("/export", { config: { flux: { feature: "export" } } }, () => undefined);
}

export function hono4() {
  const guard = honoFlux(flux);
  const app = new Hono();
  app.get("/", guard({ flag: { theme: "dark" } }), (context) => {
    read(context.var.flux);
    // @ts-expect-error no flag is called "bet"
    context.var.flux.flag("bet");
    return context.text("");
  });
  // @ts-expect-error "theme" has no variant "drak"
  app.get("/", guard({ flag: { theme: "drak" } }));
}

export function next16() {
  const app = nextFlux(flux);
  app.guard({ use: { tokens: 1 } }, (_request, { flux }) => {
    read(flux);
    // @ts-expect-error no flag is called "bet"
    flux.flag("bet");
    return new Response();
  });
  app.guard({ limit: "api" }, async (form: FormData, more: number) => [form, more]) satisfies (
    form: FormData,
    more: number,
  ) => Promise<unknown>;
  app.current({ feature: "exports" }).then(read);
  // @ts-expect-error no feature is called "export"
  app.current({ feature: "export" });
  // @ts-expect-error no metered feature is called "token"
  app.guard({ use: { token: 1 } }, () => new Response());
}

@Require({ feature: "exports" })
export class Nest12 {
  @Require({ flag: "beta", limit: ["api"], use: { tokens: 1 } })
  create(@CurrentDecision() decision: Decision<RegisteredKeys>) {
    return [decision, read(decision)];
  }

  // @ts-expect-error no limit is called "ap"
  @Require({ limit: "ap" })
  // @ts-expect-error no flag is called "bet"
  @Require({ flag: "bet" })
  misspelt() {}
}
