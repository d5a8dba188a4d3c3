/** Other origins: Nest's CORS stands before the guard, and a page may read the rate limit. */
import { defineFlux } from "@flux/core";
import { Require } from "@flux/nest";
import { All, Controller, Get } from "@nestjs/common";
import { afterEach, describe, expect, test } from "vitest";
import { quiet } from "../express/support.ts";
import { appOf, ask, type Platform, platforms, type Served, start } from "./support.ts";

@Controller()
class Pages {
  @Require({ auth: "none", limit: "ring" }) @Get("ring") ring() {}
  @Get("me") me() {}
  @All("all/*") all() {
    return "handled";
  }
}

let api: Served;
afterEach(() => api.close());

async function begin(platform: Platform, cors: boolean) {
  const flux = defineFlux({
    limits: { ring: { quota: 1, window: "1h", burst: 1, by: "ip" } },
    routes: { "* /all/*rest": {} },
    logger: quiet,
  });
  api = await start(platform, appOf({ flux }, { controllers: [Pages] }), (app) => {
    if (cors) app.enableCors({ origin: "https://app.test", exposedHeaders: ["X-Own"] });
  });
}

const origin = { origin: "https://app.test" };
const preflight = (path: string) =>
  ask(api, `OPTIONS ${path}`, { ...origin, "access-control-request-method": "GET" });
const exposed = (headers: Headers) =>
  (headers.get("access-control-expose-headers") ?? "").split(/, ?/).sort();

describe.each(platforms)("on %s", (platform) => {
  test("preflights are answered before the guard, and refusals carry the headers", async () => {
    await begin(platform, true);
    for (const path of ["/ring", "/me", "/all/x", "/nowhere"])
      expect((await preflight(path)).status, path).toBe(204);
    const refused = await ask(api, "GET /me", origin);
    expect(refused.status).toBe(401);
    expect(refused.headers.get("access-control-allow-origin")).toBe("https://app.test");
  });

  test("another origin may read the rate limit, on what is allowed and on what is refused", async () => {
    await begin(platform, true);
    const names = ["RateLimit", "RateLimit-Policy", "Retry-After", "X-Own"];
    for (const status of [200, 429]) {
      const answer = await ask(api, "GET /ring", origin);
      expect(answer.status).toBe(status);
      expect(exposed(answer.headers)).toEqual(names);
    }
  });

  test("without CORS nothing is exposed, and a preflight opens no handler", async () => {
    await begin(platform, false);
    const answer = await ask(api, "GET /ring", origin);
    expect(answer.headers.has("ratelimit")).toBe(true);
    expect(answer.headers.has("access-control-expose-headers")).toBe(false);
    const { status, text } = await preflight("/all/x");
    expect(status).toBe(401);
    expect(text).not.toContain("handled");
  });
});
