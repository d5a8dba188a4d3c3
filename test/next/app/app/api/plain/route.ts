import { app } from "../../../flux.ts";

export const GET = app.guard(async (_request, { flux }) => Response.json(flux.limits));

/** The proxy alone guards it. */
export const POST = () => Response.json({ bare: true });

export const DELETE = app.guard({ roles: "staff" }, () => Response.json({ deleted: true }));

/** Costs more than the route does: only the difference is charged. */
export const PUT = app.guard({ limit: "api", cost: 3 }, (_request, { flux }) =>
  Response.json(flux.limits),
);
