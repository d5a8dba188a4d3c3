import { app } from "../../../flux.ts";

/** The config's route asks for the plan, here as in the proxy: it is charged once. */
export const POST = app.guard(async (_request, { flux }) =>
  Response.json({ export: "started", for: flux.tenant?.id }, { status: 202 }),
);
