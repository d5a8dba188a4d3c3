/** What the tests of this folder share: a Hono app on a real socket, as @hono/node-server serves it. */
import type { RequestListener } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { type Served, serve } from "../express/support.ts";

export * from "../express/support.ts";

/** Any Hono app: what it serves requests with. */
export interface App {
  fetch(request: Request, env: object): Response | Promise<Response>;
}

export const serveHono = (app: App): Promise<Served> =>
  serve(getRequestListener(app.fetch) as RequestListener);
