/** What a refused client gets: what it would have got from an app of Express, byte for byte; or from the app's own filter. */
import { defineConfig, defineFlux, type FluxConfig } from "@flux/core";
import { type TestFlux, testFlux } from "@flux/core/testing";
import { expressFlux } from "@flux/express";
import { DenialException, DenialFilter, FLUX, Require } from "@flux/nest";
import {
  All,
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  Header,
  HttpException,
  Inject,
  Injectable,
  type NestInterceptor,
  ParseIntPipe,
  Query,
  Scope,
  type Type,
  UseFilters,
  UseInterceptors,
} from "@nestjs/common";
import { APP_FILTER, BaseExceptionFilter } from "@nestjs/core";
import express from "express";
import { afterEach, describe, expect, test } from "vitest";
import { quiet, raw, serve } from "../express/support.ts";
import { type Answer, appOf, ask, platforms, type Served, start } from "./support.ts";

const config = defineConfig({
  auth: {},
  tenant: { from: { claim: "org_id" } },
  features: { exports: { kind: "boolean" }, tokens: { kind: "metered", per: "month" } },
  plans: {
    free: { features: { tokens: 100 } },
    pro: { extends: "free", features: { exports: true, tokens: 1_000 } },
  },
  defaultPlan: "free",
  flags: {
    beta: { state: "ENABLED", variants: { on: true, off: false }, defaultVariant: "off" },
  },
  limits: {
    api: { quota: 60, window: "1m", burst: 2, by: "tenant" },
    doorbell: { quota: 60, window: "1m", burst: 1, by: "ip" },
  },
  routes: {
    "GET /open": "public",
    "POST /ring": { auth: "none", limit: "doorbell" },
    "GET /me": {},
    "GET /scoped": { scopes: ["reports:read", "reports:write"] },
    "GET /staff": { roles: "staff" },
    "GET /beta": { flag: "beta" },
    "GET /exports": { feature: "exports" },
    "GET /limited": { limit: "api" },
    "POST /chat": { use: { tokens: 60 } },
    "POST /huge": { limit: "api", cost: 3 },
  },
});

@Controller()
class Anything {
  @All("*") handle() {
    return "handled";
  }
}

/** The same clock everywhere: what is told of time is the same, too. */
const now = Date.UTC(2026, 10, 22, 12);
const caller = { subject: "ann", tenant: "acorn", scopes: ["reports:read"] };

/** What Flux is answerable for of a response. */
const bytesOf = ({ status, headers, body }: Awaited<ReturnType<typeof raw>>) => {
  const platformsOwn = ["date", "connection", "keep-alive", "x-powered-by"];
  return {
    status,
    body,
    headers: [...headers].filter(([name]) => !platformsOwn.includes(name)).sort(),
  };
};

let served: Served[] = [];
afterEach(async () => {
  for (const each of served) await each.close();
  served = [];
});
const begin = async (...args: Parameters<typeof start>) => {
  const api = await start(...args);
  served.push(api);
  return api;
};

/** Sends the same to an app of Express and to one of Nest, each with a Flux of its own. */
async function compare(
  platform: (typeof platforms)[number],
  more: Partial<FluxConfig>,
  requests: readonly (readonly [line: string, as?: "caller" | "forged"])[],
): Promise<number[]> {
  const both = ["express", "nest"].map(() =>
    testFlux({ ...config, ...(more as object) }, { now }),
  ) as [TestFlux, TestFlux];
  const app = express();
  app.use(expressFlux(both[0])());
  const reference = await serve(app);
  const api = await begin(platform, appOf({ flux: both[1] }, { controllers: [Anything] }));
  const statuses: number[] = [];
  for (const [line, as] of requests) {
    const lines = both.map((flux) =>
      as === undefined
        ? []
        : as === "forged"
          ? ["Authorization: Bearer forged"]
          : [`Authorization: ${flux.asPrincipal(caller).authorization}`],
    );
    const expected = await raw(reference.port, `${line} HTTP/1.1`, lines[0]);
    const got = await raw(api.port, `${line} HTTP/1.1`, lines[1]);
    // What is allowed is answered by a handler, or by none.
    if (expected.status === 404 && !expected.body.includes('"code"')) continue;
    // Fastify tells how long the body of a GET would have been, and Express does not.
    if (line.startsWith("HEAD")) got.headers.delete("content-length");
    expect(bytesOf(got), line).toEqual(bytesOf(expected));
    statuses.push(got.status);
  }
  await reference.close();
  return statuses;
}

describe.each(platforms)("on %s", (platform) => {
  test("each denial is that of Express, byte for byte", async () => {
    const statuses = await compare(platform, {}, [
      ["GET /me"],
      ["HEAD /me"],
      ["GET /me", "forged"],
      ["GET /scoped", "caller"],
      ["GET /staff", "caller"],
      ["GET /beta", "caller"],
      ["GET /exports", "caller"],
      ["GET /a%2fb", "caller"],
      ["POST /huge", "caller"],
      ["GET /limited", "caller"],
      ["GET /limited", "caller"],
      ["GET /limited", "caller"],
      ["POST /chat", "caller"],
      ["POST /chat", "caller"],
      ["POST /ring"],
      ["POST /ring"],
      ["GET /nowhere"],
    ]);
    expect(statuses).toEqual([401, 401, 401, 403, 403, 404, 402, 400, 429, 429, 429, 429, 401]);
  });

  test("so is what onDenied answers, whatever it is", async () => {
    const answers: Record<string, () => unknown> = {
      "/nothing": () => undefined,
      "/object": () => ({ status: 418, headers: { "Content-Type": "text/plain" }, body: "tea" }),
      "/html": () => ({ headers: { "content-type": "text/html; charset=utf-8" }, body: "<p>ü" }),
      "/json": () => ({ headers: { "content-type": "application/json" }, body: "{}" }),
      "/body": () => ({ body: "only this" }),
      "/bytes": () => ({ status: 403, body: new Uint8Array([0x68, 0xff]) }),
      "/empty": () => ({ status: 403 }),
      "/none": () => new Response(null, { status: 204 }),
      "/later": () => Promise.resolve({ status: 410, body: "gone" }),
      "/redirect": () => Response.redirect("https://app.test/sign-in", 303),
      "/cookies": () => {
        const headers = new Headers({ "Content-Type": "text/html" });
        headers.append("Set-Cookie", "a=1; Path=/");
        headers.append("Set-Cookie", "b=2; Path=/");
        return new Response("<p>see there", { status: 401, headers });
      },
      "/stream": () =>
        new Response(
          new ReadableStream({
            start(controller) {
              for (const part of ["a ", "b"]) controller.enqueue(new TextEncoder().encode(part));
              controller.close();
            },
          }),
          { status: 403 },
        ),
      "/cached": () => ({ body: "x", headers: { "cache-control": "private" } }),
    };
    const onDenied = ((_decision, { url }) => answers[url]?.()) as FluxConfig["onDenied"];
    const paths = Object.keys(answers);
    const statuses = await compare(platform, { onDenied }, [
      ...paths.map((path) => [`GET ${path}`] as const),
      ...paths.map((path) => [`HEAD ${path}`] as const),
    ]);
    expect(statuses).toHaveLength(2 * paths.length);
  });

  test("what onDenied throws, and an answer that cannot be sent, is Nest's to answer", async () => {
    const flux = testFlux({
      ...config,
      onDenied: (_decision, { url }) => {
        if (url === "/sync") throw new Error("thrown");
        if (url === "/async") return Promise.reject(new Error("rejected"));
        if (url === "/header") return { headers: { "x-bad": "a\nb" } };
        if (url === "/number") return 7 as never;
        const body = new ReadableStream({
          pull() {
            throw new Error("broken off");
          },
        });
        return new Response(body, { status: 403 });
      },
    });
    const api = await begin(platform, appOf({ flux }, { controllers: [Anything] }));
    for (const path of ["/sync", "/async", "/header", "/number", "/stream"]) {
      const answer = await ask(api, `GET ${path}`);
      expect(answer.status, path).toBe(500);
      expect(answer.text, path).not.toContain("handled");
    }
    expect(api.errors).toHaveLength(5);
  });

  test("a broken Flux opens nothing", async () => {
    let broken = false;
    const flux = defineFlux({
      routes: { "* /*rest": "public" },
      logger: quiet,
      now: () => {
        if (broken) throw new Error("no clock");
        return now;
      },
    });
    const api = await begin(platform, appOf({ flux }, { controllers: [Anything] }));
    expect((await ask(api, "GET /x")).text).toBe("handled");
    broken = true;
    expect(await ask(api, "GET /x")).toMatchObject({
      status: 500,
      json: { message: "Internal server error" },
    });
    expect(api.errors).toEqual([expect.objectContaining({ message: "no clock" })]);
  });

  test("interceptors and pipes do not run for what is denied", async () => {
    const ran: string[] = [];
    @Injectable()
    class Noting implements NestInterceptor {
      intercept(_context: unknown, next: { handle(): never }) {
        ran.push("interceptor");
        return next.handle();
      }
    }
    @Controller()
    class Guarded {
      @Require({ roles: "staff" })
      @UseInterceptors(Noting)
      @Header("x-own", "yes")
      @Get("piped")
      piped(@Query("n", ParseIntPipe) n: number) {
        ran.push("handler");
        return { n };
      }
    }
    const flux = testFlux(config);
    const api = await begin(platform, appOf({ flux }, { controllers: [Guarded] }));
    const denied = await ask(api, "GET /piped?n=x", flux.asPrincipal(caller));
    expect(denied.status).toBe(403);
    expect(denied.headers.has("x-own")).toBe(false);
    expect(ran).toEqual([]);
    const staff = flux.asPrincipal({ ...caller, roles: ["staff"] });
    expect((await ask(api, "GET /piped?n=x", staff)).status).toBe(400);
    expect((await ask(api, "GET /piped?n=7", staff)).json).toEqual({ n: 7 });
    expect(ran).toEqual(["interceptor", "interceptor", "handler"]);
  });

  describe("the app's own filters come first", () => {
    /** Answers in its own way, with what the exception tells. */
    class Own implements ExceptionFilter<HttpException> {
      catch(exception: HttpException, host: ArgumentsHost) {
        const response = host.switchToHttp().getResponse();
        response.status(exception.getStatus()).send({ own: exception.getResponse() });
      }
    }
    @Catch(HttpException)
    class OfHttp extends Own {}
    @Catch()
    class OfAll extends Own {}
    @Catch(DenialException)
    class OfDenials extends Own {}
    @Injectable({ scope: Scope.REQUEST })
    @Catch(HttpException)
    class OfRequest extends Own {}
    /** As many apps have: it logs, and leaves the answer to Nest. */
    @Catch()
    class Logging extends BaseExceptionFilter {
      override catch(exception: unknown, host: ArgumentsHost) {
        super.catch(exception, host);
      }
    }
    /** It leaves denials to Flux. */
    @Catch()
    class Leaving extends BaseExceptionFilter {
      @Inject(DenialFilter) private readonly denials!: DenialFilter;
      override catch(exception: unknown, host: ArgumentsHost) {
        if (exception instanceof DenialException) return this.denials.catch(exception, host);
        super.catch(exception, host);
      }
    }

    async function denied(
      filter: Type<ExceptionFilter> | undefined,
      where: "APP_FILTER" | "useGlobalFilters" | "controller" | "method",
    ): Promise<Answer> {
      const flux = testFlux(config, { now });
      class Guarded {
        me() {}
      }
      Controller()(Guarded);
      const method = Object.getOwnPropertyDescriptor(Guarded.prototype, "me") as PropertyDescriptor;
      Get("me")(Guarded.prototype, "me", method);
      if (where === "controller" && filter) UseFilters(filter)(Guarded);
      if (where === "method" && filter) UseFilters(filter)(Guarded.prototype, "me", method);
      const own = where === "useGlobalFilters" && filter ? [new filter()] : [];
      const global = where === "APP_FILTER" && filter && { provide: APP_FILTER, useClass: filter };
      const api = await begin(
        platform,
        appOf({ flux }, { controllers: [Guarded], providers: global ? [global] : [] }),
        (app) => app.useGlobalFilters(...own),
      );
      expect(api.errors).toEqual([]);
      return ask(api, "GET /me");
    }

    const problem = {
      type: "about:blank",
      title: "Unauthorized",
      status: 401,
      code: "unauthenticated",
      detail: "This needs credentials, and the request has none.",
      denials: [{ code: "unauthenticated" }],
      remedy: { authenticate: true },
    };

    test.each([
      ["of HTTP exceptions", OfHttp],
      ["of everything", OfAll],
      ["of denials", OfDenials],
    ])("a filter %s, wherever it is registered", async (_name, filter) => {
      for (const where of ["APP_FILTER", "useGlobalFilters", "controller", "method"] as const) {
        const answer = await denied(filter, where);
        expect(answer.status, where).toBe(401);
        expect(answer.json, where).toEqual({ own: problem });
        expect(answer.headers.get("www-authenticate"), where).toBe('Bearer realm="api"');
      }
    });

    test("a filter of the request's scope", async () => {
      expect((await denied(OfRequest, "APP_FILTER")).json).toEqual({ own: problem });
    });

    test("a filter that leaves the answer to Nest sends the problem as plain JSON", async () => {
      for (const where of ["APP_FILTER", "controller"] as const) {
        const answer = await denied(Logging, where);
        expect(answer.status).toBe(401);
        expect(answer.json).toEqual(problem);
        expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
      }
    });

    test("one that leaves denials to Flux changes nothing", async () => {
      const [own, ours] = [await denied(Leaving, "APP_FILTER"), await denied(undefined, "method")];
      expect(own.text).toBe(ours.text);
      expect(own.headers.get("content-type")).toBe("application/problem+json");
    });
  });

  test("where onDenied has answered otherwise, a filter gets status and code, and the answer", async () => {
    const seen: DenialException[] = [];
    @Catch(HttpException)
    class Noting implements ExceptionFilter<DenialException> {
      catch(exception: DenialException, host: ArgumentsHost) {
        seen.push(exception);
        host.switchToHttp().getResponse().status(500).send();
      }
    }
    const onDenied = () => Response.redirect("https://app.test/sign-in", 303);
    const flux = testFlux({ ...config, onDenied });
    const api = await begin(platform, appOf({ flux }, { controllers: [Anything] }), (app) =>
      app.useGlobalFilters(new Noting()),
    );
    expect(api.app.get(FLUX)).toBe(flux);
    await ask(api, "GET /me");
    expect(seen).toHaveLength(1);
    expect(seen[0]?.getStatus()).toBe(401);
    expect(seen[0]?.getResponse()).toEqual({ status: 401, code: "unauthenticated" });
    expect(seen[0]?.message).toBe("unauthenticated");
    expect(seen[0]?.decision.code).toBe("unauthenticated");
    expect(seen[0]?.answer).toMatchObject({ status: 303 });
  });
});
