/** How a response ends, and what that does to its headers and to what was charged. */
import { once } from "node:events";
import { Readable } from "node:stream";
import { type Decision, defineConfig } from "@flux/core";
import { testFlux } from "@flux/core/testing";
import { expressFlux } from "@flux/express";
import { fastifyFlux } from "@flux/fastify";
import { CurrentDecision, FluxGuard, Public, Require } from "@flux/nest";
import {
  BadGatewayException,
  Controller,
  Get,
  HttpCode,
  Post,
  Res,
  Sse,
  StreamableFile,
  UseGuards,
} from "@nestjs/common";
import { interval, map, of } from "rxjs";
import { afterEach, describe, expect, test } from "vitest";
import { open, until } from "../express/support.ts";
import { appOf, ask, left, patience, platforms, type Served, start } from "./support.ts";

/** What the tenant "slow" is waited for with. */
const loads: ((record: { plan: "free" }) => void)[] = [];
const load = () => loads.shift()?.({ plan: "free" });
const config = defineConfig({
  auth: {},
  tenant: {
    from: { claim: "org_id" },
    load: (id) =>
      id === "slow"
        ? new Promise<{ plan: "free" }>((resolve) => {
            loads.push(resolve);
          })
        : { plan: "free" as const },
  },
  features: { tokens: { kind: "metered", per: "month" }, sharing: { kind: "boolean" } },
  plans: { free: { features: { tokens: 1_000 } } },
  defaultPlan: "free",
  limits: { api: { quota: 1, window: "1h", burst: 10, by: "tenant" } },
  routes: {
    "POST /jobs/:kind": { use: { tokens: 100 }, refundOn: [500, 502] },
    "POST /stream/:kind": { use: { tokens: 100 }, refundOn: ({ aborted }) => aborted },
    "GET /stream/:kind": { use: { tokens: 100 }, refundOn: ({ aborted }) => aborted },
    "POST /left": { use: { tokens: 100 }, refundOn: [499] },
    "GET /left": { use: { tokens: 0 } },
  },
});
const flux = testFlux(config);
const caller = flux.asPrincipal({ subject: "ann", tenant: "acorn" });

type AnyResponse = {
  raw?: AnyResponse;
  destroyed: boolean;
  statusCode: number;
  write(text: string): void;
  end(text?: string): void;
  once(event: "close", listener: () => void): void;
};
const seen: string[] = [];

@Controller()
class Jobs {
  @Post("jobs/ok") ok() {}
  @Post("jobs/bad") bad() {
    throw new BadGatewayException();
  }
  @HttpCode(422) @Post("jobs/wrong") wrong() {}
  @Post("jobs/throws") throws() {
    throw new Error("sync");
  }
  @Post("jobs/rejects") async rejects() {
    await null;
    throw new Error("async");
  }
  @Post("jobs/settled") async settled(
    @CurrentDecision() decision: Decision,
    @Res({ passthrough: true }) response: AnyResponse,
  ) {
    (response.raw ?? response).once("close", () => seen.push("closed"));
    await decision.settle({ tokens: 30 });
    throw new BadGatewayException();
  }

  @Post("stream/file") file() {
    return new StreamableFile(Readable.from(["a first part, ", "and the last"]));
  }
  @Post("stream/broken") broken() {
    const parts = async function* () {
      yield "a first part";
      await new Promise((resolve) => setTimeout(resolve, 20));
      throw new Error("no more");
    };
    return new StreamableFile(Readable.from(parts()));
  }
  @Post("stream/own") async own(
    @Res() response: AnyResponse,
    @CurrentDecision() decision: Decision,
  ) {
    const raw = response.raw ?? response;
    raw.write("a first part, ");
    await decision.settle({ tokens: 7 });
    raw.end("and the last");
  }
  @Post("stream/long") long(@Res() response: AnyResponse) {
    (response.raw ?? response).write("a first part");
  }
  @Sse("stream/events") events() {
    return of({ data: "first" }, { data: "last" });
  }
  @Sse("stream/endless") endless() {
    return interval(5).pipe(map((n) => ({ data: String(n) })));
  }

  @Get("left") left(@CurrentDecision() decision: Decision) {
    return decision.feature("tokens").remaining;
  }
  @Post("left") leave(@Res() response: AnyResponse) {
    seen.push((response.raw ?? response).destroyed ? "gone" : "there");
  }

  @Require({ limit: "api" })
  @Get("limited/throws")
  limitedThrows() {
    throw new Error("after the guard");
  }
  @Require({ limit: "api" })
  @Get("limited/refuses")
  limitedRefuses() {
    throw new BadGatewayException();
  }
  @Require({ limit: "api" })
  @Sse("limited/events")
  limitedEvents() {
    return of({ data: "x" });
  }
  @Require({ limit: "api" })
  @Get("limited/stream")
  limitedStream() {
    return new StreamableFile(Readable.from(["x"]));
  }
  @Require({ limit: "api" })
  @Get("late/allowed")
  late() {
    seen.push("handled");
  }
  @Require({ roles: "nobody" })
  @Get("late/denied")
  lateDenied() {}
}

let api: Served;
afterEach(() => api.close());

describe.each(platforms)("on %s", (platform) => {
  const begin = async () => {
    flux.reset();
    seen.length = 0;
    loads.length = 0;
    api = await start(platform, appOf({ flux }, { controllers: [Jobs] }));
  };
  const post = (path: string) => ask(api, `POST ${path}`, caller);
  const tokens = async () => Number((await ask(api, "GET /left", caller)).text);

  /** Sends a request and gives the connection, so that the test can leave. */
  async function connect(method: string, path: string, { authorization } = caller) {
    const socket = await open(api.port);
    const lines = ["Host: a", `Authorization: ${authorization}`, "Content-Length: 0", "", ""];
    socket.write([`${method} ${path} HTTP/1.1`, ...lines].join("\r\n"));
    return socket;
  }

  test("a failed answer gives back what it cost, however it failed", async () => {
    await begin();
    expect((await post("/jobs/ok")).status).toBe(201);
    expect(await tokens()).toBe(900);
    expect((await post("/jobs/wrong")).status).toBe(422);
    expect(await tokens()).toBe(800);
    for (const [kind, status] of [
      ["bad", 502],
      ["throws", 500],
      ["rejects", 500],
    ] as const) {
      expect((await post(`/jobs/${kind}`)).status).toBe(status);
      await expect.poll(tokens, patience).toBe(800);
    }
    expect((await post("/jobs/settled")).status).toBe(502);
    await until(() => seen.includes("closed"));
    expect(await tokens()).toBe(770);
  });

  test("a stream that ends is paid for, one that breaks off is not", async () => {
    await begin();
    expect((await post("/stream/file")).text).toBe("a first part, and the last");
    expect(await tokens()).toBe(900);
    expect((await post("/stream/own")).text).toBe("a first part, and the last");
    expect(await tokens()).toBe(893);
    expect((await ask(api, "GET /stream/events", caller)).text).toContain("data: last");
    expect(await tokens()).toBe(793);
    await post("/stream/broken").catch(() => undefined);
    await expect.poll(tokens, patience).toBe(793);
  });

  test.each([
    ["POST", "/stream/long"],
    ["GET", "/stream/endless"],
  ])("a client that leaves in the middle of %s %s pays nothing", async (method, path) => {
    await begin();
    const socket = await connect(method, path);
    await once(socket, "data");
    expect(await tokens()).toBe(900);
    socket.destroy();
    await expect.poll(tokens, patience).toBe(1_000);
  });

  test("a client that leaves before the answer pays nothing where the config says so", async () => {
    await begin();
    const socket = await connect("POST", "/left");
    await until(() => seen.includes("there"));
    expect(await tokens()).toBe(900);
    socket.destroy();
    await expect.poll(tokens, patience).toBe(1_000);
  });

  test("for a client that leaves while its token is still being judged no work is begun", async () => {
    await begin();
    const slow = flux.asPrincipal({ subject: "eve", tenant: "slow" });
    const socket = await connect("POST", "/left", slow);
    await until(() => loads.length > 0);
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    load();
    const remaining = async () => Number((await ask(api, "GET /left", slow)).text);
    await expect.poll(remaining, patience).toBe(1_000);
    expect(seen).toEqual([]);
  });

  test("the rate limit is told on errors and on streams, too", async () => {
    await begin();
    let expected = 10;
    for (const [path, status] of [
      ["/limited/throws", 500],
      ["/limited/refuses", 502],
      ["/limited/stream", 200],
      ["/limited/events", 200],
    ] as const) {
      const answer = await ask(api, `GET ${path}`, caller);
      expect(answer.status, path).toBe(status);
      expect(left(answer), path).toEqual({ api: --expected });
    }
  });

  test("what something else has answered meanwhile is left alone", async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on("unhandledRejection", note);
    flux.reset();
    seen.length = 0;
    type Answering = { statusCode: number; end(text: string): void };
    api = await start(platform, appOf({ flux }, { controllers: [Jobs] }), (app) =>
      app.use((_request: unknown, response: Answering, next: () => void) => {
        setTimeout(() => {
          response.statusCode = 503;
          response.end("too late");
        }, 30);
        next();
      }),
    );
    for (const [subject, path] of [
      ["a", "/late/allowed"],
      ["b", "/late/denied"],
    ] as const) {
      flux.invalidate({ tenant: "slow" });
      loads.length = 0;
      const slow = flux.asPrincipal({ subject, tenant: "slow" });
      expect(await ask(api, `GET ${path}`, slow)).toMatchObject({ status: 503, text: "too late" });
      await until(() => loads.length > 0);
      load();
    }
    await expect.poll(() => flux.decisions.length, patience).toBe(2);
    // What nobody handles is told by the end of this turn.
    await new Promise(setImmediate);
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
    expect(seen.length).toBeLessThanOrEqual(1);
  });
});

describe.each(platforms)("behind a guard of %s itself", (platform) => {
  @UseGuards(FluxGuard)
  @Controller()
  class Behind {
    @Post("charged") charged(@CurrentDecision() decision: Decision) {
      return decision.tenant;
    }
    @Require({ limit: "api", cost: 3 })
    @Post("charged/more")
    more() {}
    @Require({ feature: "sharing" })
    @Post("charged/refused")
    refused() {}
    @Require({ limit: "api", cost: 0 })
    @Get("peek")
    peek() {}
    @Public()
    @Get("public")
    open() {}
  }

  /** Before a body is read, and for what Nest knows nothing of. */
  const begin = async () => {
    const front = testFlux({
      ...config,
      routes: {
        "POST /charged": { limit: "api" },
        "POST /charged/*rest": { limit: "api" },
        "GET /public": "public",
      },
    });
    api = await start(platform, appOf({ flux: front }, { controllers: [Behind] }), (app) =>
      platform === "Express"
        ? app.use(expressFlux(front)())
        : app.getHttpAdapter().getInstance().register(fastifyFlux, { flux: front }),
    );
    return { front, ann: front.asPrincipal({ subject: "ann", tenant: "acorn" }) };
  };

  test("a request is charged once, by the larger cost", async () => {
    const { front, ann } = await begin();
    const charged = await ask(api, "POST /charged", ann);
    expect(charged.json).toEqual({ id: "acorn", plan: "free" });
    expect(left(charged)).toEqual({ api: 9 });
    expect(left(await ask(api, "POST /charged/more", ann))).toEqual({ api: 6 });
    expect(front.decisions).toHaveLength(6);
    expect((await ask(api, "GET /public")).status).toBe(200);
    expect((await ask(api, "GET /nowhere")).status).toBe(401);
  });

  test("a refusal further down costs nothing, and tells nothing of what was charged before", async () => {
    const { ann } = await begin();
    const refused = await ask(api, "POST /charged/refused", ann);
    expect(refused.status).toBe(402);
    expect(left(refused)).toEqual({});
    expect(left(await ask(api, "GET /peek", ann))).toEqual({ api: 10 });
  });
});

test("what an app of Express keeps in `raw` is not taken for Fastify's", async () => {
  flux.reset();
  api = await start("Express", appOf({ flux }, { controllers: [Jobs] }), (app) =>
    app.use((request: { raw?: unknown }, _response: object, next: () => void) => {
      request.raw = Buffer.from("the body");
      next();
    }),
  );
  expect((await ask(api, "GET /late/denied", caller)).status).toBe(403);
  expect((await ask(api, "POST /jobs/ok", caller)).status).toBe(201);
  expect((await ask(api, "GET /left", caller)).text).toBe("900");
});
