/** What stands on a class, on a method and in the config, and how it adds up. */
import { type Decision, defineConfig, type Flux, FluxError, type Principal } from "@flux/core";
import { testFlux } from "@flux/core/testing";
import {
  CurrentDecision,
  CurrentPrincipal,
  CurrentTenant,
  FLUX,
  FluxGuard,
  Public,
  Require,
} from "@flux/nest";
import {
  type CanActivate,
  Controller,
  Delete,
  Get,
  Inject,
  Injectable,
  Post,
  UseGuards,
} from "@nestjs/common";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appOf, ask, left, platforms, type Served, start } from "./support.ts";

const config = defineConfig({
  auth: {},
  tenant: { from: { claim: "org_id" } },
  features: { exports: { kind: "boolean" } },
  plans: { free: {}, pro: { features: { exports: true } } },
  defaultPlan: "free",
  limits: { api: { quota: 10, window: "1h", by: "tenant" } },
  routes: {
    "GET /config/open": "public",
    "GET /config/staff": { roles: "staff" },
    "GET /config/:id/limited": { limit: "api" },
    "GET /config/both": { scopes: "a" },
  },
});
const flux = testFlux(config);
flux.withPlan("birch", "pro");
const member = flux.asPrincipal({ subject: "ann", tenant: "acorn" });
const staff = flux.asPrincipal({ subject: "eve", tenant: "acorn", roles: ["staff"] });
const pro = flux.asPrincipal({ subject: "bob", tenant: "birch", scopes: ["a", "b"] });

@Controller("config")
class ConfigController {
  @Get("open") open() {}
  @Public() @Get("staff") staff() {}
  @Get(":id/limited") limited() {}
  @Require({ scopes: "b" }) @Get("both") both() {}
  @Get("unmatched") unmatched() {}
  @Public() @Get("public") public() {}
}

@Require({ roles: "staff" })
@Controller("class")
class StrictController {
  @Get("alone") alone() {}
  @Require({ feature: "exports" }) @Get("both") both() {}
  @Public() @Get("public") public() {}
  @Require({ auth: "none" }) @Get("none") none() {}
}

@Public()
@Controller("open")
class OpenController {
  @Get("alone") alone() {}
  @Require({ roles: "staff" }) @Get("required") required() {}
}

@Controller("many")
class ManyController {
  @Require({ roles: "staff" })
  @Require({ feature: "exports" })
  @Get("two")
  two() {}
}

/** A decorator that puts a function of its own in the method's place, as a cache does. */
const wrapped: MethodDecorator = (_target, _name, descriptor) => {
  const inner = descriptor.value as unknown as () => unknown;
  function around(this: unknown) {
    return inner.call(this);
  }
  for (const key of Reflect.getMetadataKeys(inner))
    if (!String(key).startsWith("flux:"))
      Reflect.defineMetadata(key, Reflect.getMetadata(key, inner), around);
  descriptor.value = around as never;
};

class BaseController {
  @Require({ roles: "staff" }) @Get("kept") kept() {}
  @Require({ roles: "staff" }) @Get("replaced") replaced() {}
}

@Controller("derived")
class DerivedController extends BaseController {
  @Get("replaced") override replaced() {}
  @wrapped @Require({ roles: "staff" }) @Get("wrapped") wrapped() {}
}

@Controller("strict/derived")
class StrictDerivedController extends StrictController {
  @Get("own") own() {}
}

@Injectable()
class Reports {
  constructor(@Inject(FLUX) private readonly flux: Flux) {}
  plan(tenant: string) {
    return this.flux.as({ tenant, subject: "job" }).decide();
  }
}

@Controller("current")
class CurrentController {
  constructor(private readonly reports: Reports) {}
  @Get()
  current(
    @CurrentDecision() decision: Decision,
    @CurrentPrincipal() principal: Principal | undefined,
    @CurrentTenant() tenant: { id: string; plan: string } | undefined,
  ) {
    return { code: decision.code, subject: principal?.subject, tenant };
  }
  @Public()
  @Get("nobody")
  nobody(@CurrentPrincipal() principal?: Principal, @CurrentTenant() tenant?: object) {
    return { principal: String(principal), tenant: String(tenant) };
  }
  @Get("job")
  async job(@CurrentTenant() tenant: { id: string }) {
    return (await this.reports.plan(tenant.id)).tenant;
  }
}

@Injectable()
class OwnGuard implements CanActivate {
  canActivate = () => true;
}

@Controller("once")
class OnceController {
  @UseGuards(FluxGuard, OwnGuard, FluxGuard)
  @Require({ limit: "api" })
  @Post("again")
  again(@CurrentDecision() decision: Decision) {
    return decision.limits;
  }
}

@Require({ limit: "api", cost: 2 })
@Controller("larger")
class LargerController {
  @Require({ limit: "api", cost: 3 }) @Delete() remove() {}
}

describe.each(platforms)("on %s", (platform) => {
  let api: Served;
  beforeAll(async () => {
    flux.reset();
    flux.withPlan("birch", "pro");
    const controllers = [
      ConfigController,
      StrictController,
      OpenController,
      ManyController,
      DerivedController,
      StrictDerivedController,
      CurrentController,
      OnceController,
      LargerController,
    ];
    api = await start(platform, appOf({ flux }, { controllers, providers: [Reports] }));
  });
  afterAll(() => api?.close());

  const statuses = async (request: string) => {
    const all: number[] = [];
    for (const headers of [{}, member, staff, pro])
      all.push((await ask(api, request, headers)).status);
    return all;
  };

  test.each<[string, number[]]>([
    // A stranger, a member, staff, and a customer on the larger plan with both scopes.
    ["GET /config/open", [200, 200, 200, 200]],
    ["GET /config/staff", [401, 403, 200, 403]],
    ["GET /config/both", [401, 403, 403, 200]],
    ["GET /config/unmatched", [401, 200, 200, 200]],
    ["GET /config/public", [200, 200, 200, 200]],
    ["GET /class/alone", [401, 403, 200, 403]],
    ["GET /class/both", [401, 403, 402, 403]],
    ["GET /class/public", [200, 200, 200, 200]],
    ["GET /class/none", [401, 403, 200, 403]],
    ["GET /open/alone", [200, 200, 200, 200]],
    ["GET /open/required", [401, 403, 200, 403]],
    ["GET /many/two", [401, 403, 402, 403]],
    ["GET /derived/kept", [401, 403, 200, 403]],
    ["GET /derived/replaced", [401, 200, 200, 200]],
    ["GET /derived/wrapped", [401, 403, 200, 403]],
    ["GET /strict/derived/own", [401, 403, 200, 403]],
    ["GET /strict/derived/public", [200, 200, 200, 200]],
    ["GET /nowhere", [404, 404, 404, 404]],
  ])("%s", async (request, expected) => {
    expect(await statuses(request)).toEqual(expected);
  });

  test("the config's route charges, by the pattern, and the headers tell", async () => {
    const answer = await ask(api, "GET /config/7/limited", pro);
    expect(answer.status).toBe(200);
    expect(left(answer)).toEqual({ api: 9 });
    expect(answer.headers.get("ratelimit-policy")).toBe('"api";q=10;w=3600');
  });

  test("a handler gets the decision, the principal and the tenant; a service gets the Flux", async () => {
    expect((await ask(api, "GET /current", member)).json).toEqual({
      code: "allowed",
      subject: "ann",
      tenant: { id: "acorn", plan: "free" },
    });
    expect((await ask(api, "GET /current/nobody")).json).toEqual({
      principal: "undefined",
      tenant: "undefined",
    });
    expect((await ask(api, "GET /current/job", pro)).json).toEqual({ id: "birch", plan: "pro" });
  });

  test("guards one behind another charge once; a class and its method, by the larger cost", async () => {
    const again = await ask(api, "POST /once/again", staff);
    expect(left(again)).toEqual({ api: 9 });
    expect(left(await ask(api, "DELETE /larger", staff))).toEqual({ api: 6 });
  });
});

test("what contradicts itself says so where it is written", () => {
  const contradiction = expect.objectContaining({
    name: "FluxError",
    code: "requirement_invalid",
    message: "Wrong.list: @Public and @Require contradict each other. Keep one of them.",
  });
  expect(() => {
    class Wrong {
      @Public() @Require({}) list() {}
    }
    return Wrong;
  }).toThrow(contradiction);
  expect(() => {
    class Wrong {
      @Require({}) @Public() list() {}
    }
    return Wrong;
  }).toThrow(contradiction);
  expect(() => {
    @Public()
    @Require({})
    class Wrong {}
    return Wrong;
  }).toThrow("Wrong: @Public and @Require contradict each other. Keep one of them.");
  expect(() => (Require({}) as PropertyDecorator)({}, "field")).toThrow(FluxError);
});
