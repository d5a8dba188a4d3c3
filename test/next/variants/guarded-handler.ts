import { app } from "./flux";

/** A handler that says who it is; there is no proxy, and the config's routes hold all the same. */
export const handler = (name: string) =>
  app.guard(() => new Response(name, { headers: { "x-handler": name } }));
