/** The pattern that the framework matched: prefixes, versions, parameters, rewritten targets. */
import { type Decision, defineConfig } from "@flux/core";
import { testFlux } from "@flux/core/testing";
import { CurrentDecision, FluxModule } from "@flux/nest";
import {
  All,
  Controller,
  Get,
  type INestApplication,
  Module,
  Param,
  Post,
  RequestMethod,
  VERSION_NEUTRAL,
  Version,
  VersioningType,
} from "@nestjs/common";
import { RouterModule } from "@nestjs/core";
import { afterEach, describe, expect, test } from "vitest";
import { raw } from "../express/support.ts";
import { appOf, ask, platforms, type Served, start } from "./support.ts";

const config = defineConfig({
  auth: {},
  routes: {
    "GET /api/reports/:id": { roles: "staff" },
    "GET /api/v2/reports/:id": { roles: "staff" },
    "GET /area/files/*rest": { roles: "staff" },
    "* /any": { roles: "staff" },
    "GET /users/:id": { roles: "staff" },
    "GET /users/me": "public",
    "GET /health": "public",
    "GET /api/reports/secret": { scopes: "secrets" },
    "GET /legacy/:id": { roles: "staff" },
    "GET /downloads/:name": { roles: "staff" },
  },
  unmatched: "public",
});
const flux = testFlux(config);
const member = flux.asPrincipal({ subject: "ann" });
const staff = flux.asPrincipal({ subject: "eve", roles: ["staff"] });

@Controller("reports")
class Reports {
  @Get(":id") one(@CurrentDecision() decision: Decision) {
    return decision.routes;
  }
}

@Controller("reports")
class VersionedReports {
  @Version(VERSION_NEUTRAL) @Get(":id") first(@CurrentDecision() decision: Decision) {
    return decision.routes;
  }
  @Version("2") @Get(":id") second(@CurrentDecision() decision: Decision) {
    return decision.routes;
  }
}

@Controller()
class Root {
  @Get("health") health() {}
  @All("any") any() {}
}

@Controller("files")
class Files {
  @Get("*") file() {}
}

@Controller("downloads")
class Downloads {
  @Get("*") file(@CurrentDecision() decision: Decision) {
    return decision.routes;
  }
}

@Controller("users")
class Users {
  @Get(":id") one(@Param("id") id: string) {
    return { id };
  }
  @Post(":id/:rest") more() {}
}

let api: Served | undefined;
afterEach(() => api?.close());

describe.each(platforms)("on %s", (platform) => {
  const begin = async (
    module: new () => object,
    setUp?: (app: INestApplication) => unknown,
    fastify = {},
  ) => {
    api = await start(platform, module, setUp, fastify);
    return async (request: string, headers = {}) => {
      const { status } = await ask(api as Served, request, { ...member, ...headers });
      const asStaff = await ask(api as Served, request, { ...staff, ...headers });
      return { member: status, staff: asStaff.status, routes: asStaff.json };
    };
  };

  test("a global prefix is part of it, and what is left out of the prefix is not", async () => {
    const send = await begin(appOf({ flux }, { controllers: [Reports, Root] }), (app) =>
      app.setGlobalPrefix("api", { exclude: [{ path: "health", method: RequestMethod.GET }] }),
    );
    expect(await send("GET /api/reports/7")).toEqual({
      member: 403,
      staff: 200,
      routes: ["GET /api/reports/:id"],
    });
    expect((await ask(api as Served, "GET /health")).status).toBe(200);
  });

  test("a version in the path is part of it", async () => {
    const send = await begin(appOf({ flux }, { controllers: [VersionedReports] }), (app) => {
      app.setGlobalPrefix("api");
      app.enableVersioning({ type: VersioningType.URI });
    });
    expect(await send("GET /api/v2/reports/7")).toMatchObject({ member: 403, staff: 200 });
    expect(await send("GET /api/reports/7")).toMatchObject({ member: 403, staff: 200 });
  });

  test("a version in a header is none of it: each version has the path's entry", async () => {
    const send = await begin(appOf({ flux }, { controllers: [VersionedReports] }), (app) => {
      app.setGlobalPrefix("api");
      app.enableVersioning({ type: VersioningType.HEADER, header: "x-version" });
    });
    for (const headers of [{}, { "x-version": "2" }])
      expect(await send("GET /api/reports/7", headers)).toMatchObject({ member: 403, staff: 200 });
  });

  test("a module's own path is part of it, and so is a rest", async () => {
    class FilesModule {}
    Module({ controllers: [Files] })(FilesModule);
    const send = await begin(
      appOf(
        { flux },
        { imports: [FilesModule, RouterModule.register([{ path: "area", module: FilesModule }])] },
      ),
    );
    for (const path of ["/area/files/a", "/area/files/a/b/c", "/area/files/a%20b"])
      expect(await send(`GET ${path}`), path).toMatchObject({ member: 403, staff: 200 });
  });

  test("a rest is not the one segment that another entry stands for", async () => {
    const send = await begin(appOf({ flux }, { controllers: [Downloads] }));
    expect(await send("GET /downloads/a/b")).toEqual({
      member: 200,
      staff: 200,
      routes: ["unmatched"],
    });
    expect(await send("GET /downloads/a")).toMatchObject({ member: 403, staff: 200 });
  });

  test("a route of every method has one requirement", async () => {
    const send = await begin(appOf({ flux }, { controllers: [Root] }));
    for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
      expect(await send(`${method} /any`), method).toMatchObject({ member: 403 });
  });

  test("what leads to :id has the requirement of :id, whatever is open beside it", async () => {
    const send = await begin(appOf({ flux }, { controllers: [Users] }));
    for (const path of ["/users/me", "/users/7", "/users/m%65"])
      expect(await send(`GET ${path}`), path).toMatchObject({ member: 403, staff: 200 });
    for (const path of ["/users/", "/users", "/users//"]) {
      const { member: status } = await send(`GET ${path}`);
      expect([403, 404], path).toContain(status);
    }
  });

  test("a target that is rewritten before it is routed has the requirements of both", async () => {
    const rewrite = (url = "") => url.replace(/^\/old\//, "/api/reports/");
    const app = appOf({ flux }, { controllers: [Reports] });
    const send = await begin(
      app,
      (app) => {
        app.setGlobalPrefix("api");
        if (platform === "Express")
          app.use((request: { url: string }, _response: unknown, next: () => void) => {
            request.url = rewrite(request.url);
            next();
          });
      },
      { rewriteUrl: (request: { url?: string }) => rewrite(request.url) },
    );
    expect(await send("GET /old/7")).toMatchObject({ member: 403, staff: 200 });
    expect(await send("GET /api/reports/7")).toMatchObject({ member: 403, staff: 200 });
    // By its pattern alone it would be a report like any other.
    expect(await send("GET /old/secret")).toMatchObject({ member: 403, staff: 403 });
  });

  test("what cannot be read safely is refused, or leads nowhere", async () => {
    await begin(appOf({ flux }, { controllers: [Users] }));
    const { authorization } = staff;
    for (const path of ["/users/a%2fb", "/users/%00", "/users/..%2fx"]) {
      const { status } = await raw((api as Served).port, `GET ${path} HTTP/1.1`, [
        `Authorization: ${authorization}`,
      ]);
      expect([400, 404], path).toContain(status);
    }
  });
});

test("an app of Nest inside one of Express is guarded by its whole path", async () => {
  const { default: express } = await import("express");
  const inner = await start("Express", appOf({ flux }, { controllers: [Reports, Root] }));
  const outer = express();
  outer.use("/api", inner.app.getHttpAdapter().getInstance());
  const { serve } = await import("../express/support.ts");
  const served = await serve(outer);
  expect((await ask(served, "GET /api/reports/7", member)).status).toBe(403);
  expect((await ask(served, "GET /api/reports/7", staff)).status).toBe(200);
  await served.close();
  await inner.close();
});

test("FluxModule is one module, however often it is imported", async () => {
  const shared = FluxModule.forRoot({ flux });
  class Feature {}
  Module({ imports: [shared], controllers: [Root] })(Feature);
  class App {}
  Module({ imports: [shared, Feature] })(App);
  const served = await start("Express", App);
  expect((await ask(served, "GET /any", member)).status).toBe(403);
  await served.close();
});
