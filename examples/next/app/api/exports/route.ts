import { app } from "../../../flux.ts";

/** The proxy has asked for the plan; what only members of staff of a tenant may do is asked for here. */
export const POST = app.guard(async (_request, { flux }) =>
  Response.json({ export: "started", for: flux.tenant?.id }, { status: 202 }),
);
