import { app } from "../../../flux.ts";

export const GET = app.guard(() => Response.json({ gone: true }, { status: 410 }));
