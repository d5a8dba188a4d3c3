import { app } from "../../../flux.ts";

/** What reaches a handler of what a client sent. */
export const GET = app.guard((request) =>
  Response.json(Object.fromEntries([...request.headers].filter(([name]) => name.startsWith("x-")))),
);
