import { app } from "../../flux.ts";

/** The matcher leaves this path out: nothing but its own guard decides. */
export const GET = app.guard({ limit: "api" }, (_request, { flux }) => Response.json(flux.limits));
