/** Guards fit into apps and routers whose state and context are typed. */
import { type Decision, defineFlux } from "@flux/core";
import { koaFlux } from "@flux/koa";
import Router, { type RouterContext } from "@koa/router";
import Koa, { type Context, type DefaultState, type Middleware } from "koa";

const flux = defineFlux({ features: { exports: { kind: "boolean" } } });
const guard = koaFlux(flux);

const plain: Middleware = guard();
new Koa().use(plain).use(guard({ feature: "exports" }));
new Koa<{ user: string }, { log: (line: string) => void }>().use(guard());
new Router().get("/", guard(), (ctx) => {
  ctx.body = ctx.state.flux?.tenant?.id;
});
new Router<{ user: string }>().use(guard()).get("/", guard());

new Koa<DefaultState & { user: string }>().use(guard()).use((ctx) => {
  const decision: Decision | undefined = ctx.state.flux;
  ctx.body = [ctx.state.user, decision?.allowed];
});

export const read = (ctx: Context): Decision | undefined => ctx.state.flux;
export const routed = (ctx: RouterContext): Decision | undefined => ctx.state.flux;

// @ts-expect-error No feature of this Flux.
guard({ feature: "export" });
// @ts-expect-error The config is not yet a Flux.
koaFlux({ features: {} });
// @ts-expect-error A decision has no such field.
export const wrong = (ctx: Context) => ctx.state.flux?.allowance;
