import type { NextRequest } from "next/server";
import { corsHeaders } from "../handlers.ts";
import { app } from "./flux.ts";

/** In Next an app's CORS is its own, on what the proxy gives: also what a page of another origin may read. */
export async function proxy(request: NextRequest) {
  const response = await app.proxy(request);
  for (const [name, value] of Object.entries(corsHeaders(request.headers.get("origin")))) {
    response.headers.set(name, value);
    const goesOn = response.headers.has("x-middleware-next");
    if (!goesOn || response.headers.has("ratelimit"))
      response.headers.set(
        "Access-Control-Expose-Headers",
        "RateLimit, RateLimit-Policy, Retry-After",
      );
  }
  return response;
}

export const config = { matcher: ["/((?!_next/static/|_next/image$|favicon\\.ico$).*)"] };
