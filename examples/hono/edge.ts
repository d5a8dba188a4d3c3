import { getConnInfo } from "hono/cloudflare-workers";
import { reportsApp } from "./app.ts";
import { flux } from "./flux.ts";

// The same app for Cloudflare Workers, which serve a module's default export: only who knows the client's address is another.
const app = reportsApp(flux, { connInfo: getConnInfo });

export default app;
