/** What looks like a way past a decorator, or past the config, and is none. */
import { defineConfig, FluxError } from "@flux/core";
import { testFlux } from "@flux/core/testing";
import { Public, Require } from "@flux/nest";
import { Controller, Get, type INestApplication, Post } from "@nestjs/common";
import type { NextFunction, Request, Response } from "express";
import { afterEach, describe, expect, test } from "vitest";
import { appOf, ask, platforms, type Served, start } from "./support.ts";

const config = defineConfig({
  auth: {},
  limits: { api: { quota: 10, window: "1h", by: "principal" } },
  routes: { "GET /public": "public", "GET /items": "public", "POST /items": { roles: "admin" } },
});
const flux = testFlux(config);
const ann = flux.asPrincipal({ subject: "ann" });
const eve = flux.asPrincipal({ subject: "eve", roles: ["staff"] });

let api: Served | undefined;
afterEach(() => api?.close());

/** As a decorator that measures or retries does: it puts a function of its own in the method's place. */
const Wrap: MethodDecorator = (_target, _name, descriptor: PropertyDescriptor) => {
  const inner = descriptor.value as (...args: unknown[]) => unknown;
  descriptor.value = function (this: unknown, ...args: unknown[]) {
    return inner.apply(this, args);
  };
};

@Controller("bound")
class Bound {
  constructor() {
    this.secret = this.secret.bind(this);
    Object.assign(this, {
      own: function own() {
        return "own";
      },
    });
  }
  @Require({ roles: "staff" }) @Get("secret") secret() {
    return "secret";
  }
  @Require({ roles: "staff" }) @Get("own") own() {
    return "prototype's";
  }
}

@Public()
@Controller("open")
class OpenClass {
  constructor() {
    this.secret = this.secret.bind(this);
  }
  @Require({ roles: "staff" }) @Get("secret") secret() {
    return "secret";
  }
}

@Controller("lost")
class Lost {
  constructor() {
    Object.assign(this, { secret: Object.values({ other: () => "lost" })[0] });
  }
  @Require({ roles: "staff" }) @Get("secret") secret() {
    return "secret";
  }
}

@Controller("wrapped")
class Wrapped {
  @Get("two") @Require({ limit: "api" }) @Wrap @Require({ roles: "staff" }) two() {
    return "two";
  }
}

describe.each(platforms)("on %s", (platform) => {
  const serve = async (
    controllers: (new () => object)[],
    setUp?: (app: INestApplication) => void,
  ) => {
    api = await start(platform, appOf({ flux }, { controllers }), setUp);
    return api;
  };

  test.each(["/bound/secret", "/bound/own", "/open/secret"])(
    "an instance's own function asks for what the method does: %s",
    async (path) => {
      const served = await serve([Bound, OpenClass]);
      expect((await ask(served, `GET ${path}`)).status).toBe(401);
      expect((await ask(served, `GET ${path}`, ann)).status).toBe(403);
      expect((await ask(served, `GET ${path}`, eve)).status).toBe(200);
    },
  );

  test("a function that cannot be told for which method it stands passes nobody", async () => {
    const served = await serve([Lost]);
    for (const caller of [undefined, ann, eve])
      expect((await ask(served, "GET /lost/secret", caller)).status).toBe(500);
  });

  test("a decorator between two of these loses neither", async () => {
    const served = await serve([Wrapped]);
    expect((await ask(served, "GET /wrapped/two", ann)).status).toBe(403);
    const response = await ask(served, "GET /wrapped/two", eve);
    expect([response.status, response.headers.has("ratelimit")]).toEqual([200, true]);
  });

  test("a method that a middleware writes on the request is not the handler's", async () => {
    @Controller("items")
    class Items {
      @Get() read() {
        return "read";
      }
      @Post() write() {
        return "written";
      }
    }
    const served = await serve([Items], (app) =>
      app.use((request: { method: string }, _response: unknown, next: () => void) => {
        if (request.method === "POST") request.method = "GET";
        next();
      }),
    );
    const { text } = await ask(served, "POST /items");
    expect(text).not.toContain("written");
  });
});

test("@Public and @Require contradict each other through another decorator, too", () => {
  const contradictory = () => {
    class Contradictory {
      @Public() @Wrap @Require({ roles: "staff" }) secret() {}
    }
    return Contradictory;
  };
  expect(contradictory).toThrow(FluxError);
});

test("a body that reads like a request is none", async () => {
  @Controller("paid")
  class Paid {
    @Post() pay() {
      return "paid";
    }
  }
  api = await start("Express", appOf({ flux }, { controllers: [Paid] }), (app) => {
    app.use((request: Request, _response: Response, next: NextFunction) => {
      Object.assign(request, { raw: { method: "GET", url: "/public", headers: {} } });
      next();
    });
  });
  expect((await ask(api, "POST /paid")).status).toBe(401);
});
