import { serve } from "@hono/node-server";
import { getConnInfo } from "@hono/node-server/conninfo";
import { reportsApp } from "./app.ts";
import { flux } from "./flux.ts";

const app = reportsApp(flux, { connInfo: getConnInfo });

serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.env.PORT ?? 3000) }, (at) => {
  console.log(`The reports API listens at http://127.0.0.1:${at.port}`);
});
