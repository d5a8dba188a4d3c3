/** How an app gets its Flux, and what keeps it from starting. */
import { defineConfig, defineFlux, type Flux, type RegisteredKeys } from "@flux/core";
import { testFlux } from "@flux/core/testing";
import {
  CurrentDecision,
  FLUX,
  FluxGuard,
  FluxModule,
  type FluxModuleOptions,
  type FluxOptionsFactory,
  Public,
  type RequestResponse,
  Require,
} from "@flux/nest";
import {
  Controller,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  Module,
  Scope,
  UseGuards,
} from "@nestjs/common";
import { APP_GUARD, NestFactory } from "@nestjs/core";
import { Test } from "@nestjs/testing";
import { afterEach, describe, expect, test } from "vitest";
import { quiet } from "../express/support.ts";
import { appOf, ask, platforms, type Served, start } from "./support.ts";

const config = defineConfig({
  auth: {},
  features: { exports: { kind: "boolean" } },
  plans: { free: {} },
  defaultPlan: "free",
  limits: { api: { quota: 10, window: "1h", by: "principal" } },
});
const flux = testFlux(config);
const caller = flux.asPrincipal({ subject: "ann" });

@Controller()
class Things {
  @Get("thing") thing() {}
  @Public() @Get("open") open() {}
}

let api: Served | undefined;
afterEach(async () => {
  await api?.close();
  api = undefined;
});

const statuses = async () => [
  (await ask(api as Served, "GET /thing")).status,
  (await ask(api as Served, "GET /thing", caller)).status,
  (await ask(api as Served, "GET /open")).status,
];
const guarded = [401, 200, 200];

describe.each(platforms)("forRootAsync on %s", (platform) => {
  const begin = async (imported: object) => {
    class App {}
    Module({ imports: [imported as never], controllers: [Things] })(App);
    api = await start(platform, App);
  };

  @Injectable()
  class Settings {
    readonly flux = flux;
  }
  class SettingsModule {}
  Module({ providers: [Settings], exports: [Settings] })(SettingsModule);

  test("a factory, with what it injects", async () => {
    await begin(
      FluxModule.forRootAsync({
        imports: [SettingsModule],
        inject: [Settings],
        useFactory: async (settings: Settings) => ({ flux: settings.flux }),
      }),
    );
    expect(await statuses()).toEqual(guarded);
  });

  test("a class", async () => {
    @Injectable()
    class Options implements FluxOptionsFactory {
      async createFluxOptions(): Promise<FluxModuleOptions> {
        return { flux };
      }
    }
    await begin(FluxModule.forRootAsync({ useClass: Options }));
    expect(await statuses()).toEqual(guarded);
  });

  test("something that exists already", async () => {
    @Injectable()
    class Options implements FluxOptionsFactory {
      createFluxOptions = () => ({ flux });
    }
    class OptionsModule {}
    Module({ providers: [Options], exports: [Options] })(OptionsModule);
    await begin(FluxModule.forRootAsync({ imports: [OptionsModule], useExisting: Options }));
    expect(await statuses()).toEqual(guarded);
  });

  test("an option that somebody forgot to set opens nothing", async () => {
    await begin(
      FluxModule.forRootAsync({ useFactory: () => ({ flux }), guard: undefined as never }),
    );
    expect(await statuses()).toEqual(guarded);
  });
});

describe("a guard of one's own", () => {
  test("guard: false leaves the guarding to @UseGuards", async () => {
    @UseGuards(FluxGuard)
    @Controller("guarded")
    class Guarded {
      @Get() guarded() {}
    }
    @Controller("unguarded")
    class Unguarded {
      @Get() unguarded() {}
      @Get("asks") asks(@CurrentDecision() _decision: object) {}
    }
    api = await start(
      "Express",
      appOf({ flux, guard: false }, { controllers: [Guarded, Unguarded] }),
    );
    expect((await ask(api, "GET /guarded")).status).toBe(401);
    expect((await ask(api, "GET /unguarded")).status).toBe(200);
    // Whoever asks for a decision that nobody made is told so.
    expect((await ask(api, "GET /unguarded/asks")).status).toBe(500);
    expect(api.errors).toEqual([
      expect.objectContaining({
        code: "config_invalid",
        message:
          "There is no decision for Unguarded.asks: no FluxGuard has run for it. Import FluxModule.forRoot({ flux }), without guard: false.",
      }),
    ]);
  });

  test.each([
    ["with a constructor of its own", undefined],
    ["of the request's scope", Scope.REQUEST],
  ])("may extend FluxGuard, %s", async (_name, scope) => {
    const asked: string[] = [];
    @Injectable()
    class Names {
      readonly header = "x-token";
    }
    @Injectable(scope === undefined ? {} : { scope })
    class Own extends FluxGuard {
      constructor(private readonly names: Names) {
        super();
      }
      protected override getRequestResponse(context: ExecutionContext): RequestResponse {
        const found = super.getRequestResponse(context);
        const { headers } = found.request as { headers: Record<string, string> };
        asked.push(context.getHandler().name);
        headers.authorization ??= headers[this.names.header] ?? "";
        return found;
      }
    }
    api = await start(
      "Fastify",
      appOf(
        { flux, guard: false },
        { controllers: [Things], providers: [Names, { provide: APP_GUARD, useClass: Own }] },
      ),
    );
    expect((await ask(api, "GET /thing", { "x-token": caller.authorization })).status).toBe(200);
    expect((await ask(api, "GET /thing", { "x-token": "Bearer forged" })).status).toBe(401);
    expect(asked).toEqual(["thing", "thing"]);
  });

  test("made with `new` it says so, and lets nothing pass", async () => {
    @UseGuards(new FluxGuard())
    @Controller()
    class Wrong {
      @Get("thing") thing() {}
    }
    api = await start("Express", appOf({ flux, guard: false }, { controllers: [Wrong] }));
    expect((await ask(api, "GET /thing")).status).toBe(500);
    expect(api.errors).toEqual([
      expect.objectContaining({ message: expect.stringContaining("write @UseGuards(FluxGuard)") }),
    ]);
  });

  test("in a module that does not import FluxModule, where that is not global", async () => {
    class Feature {}
    Module({ controllers: [Things] })(Feature);
    class App {}
    Module({ imports: [FluxModule.forRoot({ flux, isGlobal: false }), Feature] })(App);
    api = await start("Express", App);
    expect(await statuses()).toEqual(guarded);
  });
});

test("a test may put another Flux in its place", async () => {
  const { testFlux: make } = await import("@flux/core/testing");
  const other = make({ unmatched: "public" });
  const App = appOf({ flux }, { controllers: [Things] });
  const module = await Test.createTestingModule({ imports: [App] })
    .overrideProvider(FLUX)
    .useValue(other)
    .compile();
  const app = module.createNestApplication({ logger: false });
  await app.listen(0, "127.0.0.1");
  expect((await ask({ url: await app.getUrl() }, "GET /thing")).status).toBe(200);
  expect(other.decisions).toHaveLength(1);
  await app.close();
});

test("a Flux of any keys is taken, and a service gets it back typed", async () => {
  const typed = defineFlux({ features: { exports: { kind: "boolean" } }, logger: quiet });
  @Injectable()
  class Service {
    constructor(@Inject(FLUX) readonly flux: Flux<RegisteredKeys>) {}
  }
  const App = appOf({ flux: typed }, { providers: [Service] });
  const context = await NestFactory.createApplicationContext(App, { logger: false });
  expect(context.get(Service).flux).toBe(typed);
  await context.close();
});

describe("an app does not start", () => {
  const failure = (module: new () => object) =>
    start("Express", module).then(
      (served) => served.close(),
      (error: unknown) => error,
    );

  test.each([
    ["the config instead of the Flux", { flux: { routes: {} } }, "an object"],
    ["no Flux", {}, "nothing"],
    ["nothing", undefined, "nothing"],
  ])("with %s", async (_name, options, given) => {
    const expected = expect.objectContaining({
      name: "FluxError",
      code: "config_invalid",
      message: `FluxModule needs a Flux: FluxModule.forRoot({ flux: defineFlux({ … }) }). It was given ${given}.`,
    });
    class App {}
    Module({ imports: [FluxModule.forRootAsync({ useFactory: () => options as never })] })(App);
    expect(await failure(App)).toEqual(expected);
    if (options !== undefined) expect(await failure(appOf(options as never, {}))).toEqual(expected);
  });

  test("with a name that is misspelt on a method, a class, a provider", async () => {
    @Controller("a")
    class OnMethod {
      @Require({ feature: "export" }) @Get() create() {}
    }
    @Require({ limit: "apis" })
    @Controller("b")
    class OnClass {
      @Require({ scopes: "x" }) @Get() read() {}
    }
    @Injectable()
    class Resolver {
      @Require({ scope: "x" } as never) field() {}
    }
    const of = (message: RegExp) =>
      expect.objectContaining({
        name: "FluxError",
        code: "requirement_invalid",
        message: expect.stringMatching(message),
        problems: [expect.objectContaining({ message: expect.any(String) })],
      });
    expect(await failure(appOf({ flux }, { controllers: [OnMethod] }))).toEqual(
      of(/^@Require of OnMethod\.create: The requirement[\s\S]*Did you mean "exports"\?/),
    );
    expect(await failure(appOf({ flux }, { controllers: [OnClass] }))).toEqual(
      of(/^@Require of OnClass\.read: [\s\S]*"apis"[\s\S]*Did you mean "api"\?/),
    );
    expect(await failure(appOf({ flux }, { providers: [Resolver] }))).toEqual(
      of(/^@Require of Resolver\.field: [\s\S]*scope/),
    );
    // Also where nothing guards yet.
    expect(await failure(appOf({ flux, guard: false }, { controllers: [OnMethod] }))).toEqual(
      of(/OnMethod\.create/),
    );
  });

  test("what start cannot see is refused when it is asked for", async () => {
    class Hidden {
      hidden() {}
    }
    Require({ feature: "export" })(Hidden);
    Controller()(Hidden);
    const method = Object.getOwnPropertyDescriptor(Hidden.prototype, "hidden");
    Get("hidden")(Hidden.prototype, "hidden", method as PropertyDescriptor);
    const App = appOf({ flux }, {});
    api = await start("Express", App);
    const guard = api.app.get(FluxGuard);
    const context = { getClass: () => Hidden, getHandler: () => Hidden.prototype.hidden };
    await expect(guard.canActivate(context as never)).rejects.toThrow(
      /^@Require of Hidden\.hidden/,
    );
  });
});
