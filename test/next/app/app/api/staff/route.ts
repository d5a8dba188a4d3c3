import { app } from "../../../flux.ts";

export const GET = app.guard({ roles: "staff" }, () => Response.json({ staff: true }));
