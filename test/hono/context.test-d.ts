/** What a handler knows of its decision. A wrong name must not compile; tsc checks this file. */
import { defineFlux, type FeatureState } from "@flux/core";
import { type FluxVariables, honoFlux } from "@flux/hono";
import { getConnInfo } from "@hono/node-server/conninfo";
import { Hono } from "hono";
import { getConnInfo as ofWorkers } from "hono/cloudflare-workers";
import { createFactory, createMiddleware } from "hono/factory";

const flux = defineFlux({
  features: { exports: { kind: "boolean" }, tokens: { kind: "metered", per: "day" } },
  flags: { beta: { state: "ENABLED", variants: { on: true, off: false }, defaultVariant: "off" } },
});
const guard = honoFlux(flux, { connInfo: getConnInfo });
honoFlux(flux, { connInfo: ofWorkers });

// Routes that are chained, or a guard on the route: nothing has to be said.
new Hono().use(guard()).get("/exports", (c) => {
  c.var.flux.feature("exports");
  c.get("flux").flag("beta") satisfies boolean | undefined;
  // @ts-expect-error: no such feature
  c.var.flux.feature("export");
  // @ts-expect-error: no such flag
  c.get("flux").flag("betta");
  return c.text("");
});
const inferred = new Hono();
inferred.post("/exports", guard({ feature: "exports" }), (c) => {
  // @ts-expect-error: metered features alone
  c.var.flux.settle({ exports: 1 });
  return c.json(c.var.flux.feature("tokens").remaining);
});
inferred.get("/unguarded", (c) => {
  // @ts-expect-error: nobody has decided here
  c.get("flux");
  return c.text("");
});
// @ts-expect-error: no such feature
guard({ feature: "export" });
// @ts-expect-error: a guard is made by a call
inferred.use(guard);

// Routes that are not chained: the app says what its context holds, beside what else it holds.
interface Variables extends FluxVariables<typeof flux> {
  user: string;
}
const app = new Hono<{ Variables: Variables }>();
app.use(guard());
app.use(createMiddleware<{ Variables: Variables }>((_c, next) => next()));
app.get("/:id", guard({ feature: "exports" }), (c) => {
  c.get("flux").feature("exports") satisfies FeatureState;
  c.var.user satisfies string;
  c.req.param("id") satisfies string;
  // @ts-expect-error: no such feature
  c.get("flux").feature("export");
  return c.json({});
});
createFactory<{ Variables: Variables }>().createHandlers(guard(), (c) => c.text(c.var.user));
const sub = new Hono<{ Variables: FluxVariables<typeof flux> }>();
app.route("/sub", sub);
