import { app } from "../../../flux.ts";

export const GET = app.guard(
  { limit: "api" },
  app.guard({ limit: "api" }, (_request, { flux }) => Response.json(flux.limits)),
);
