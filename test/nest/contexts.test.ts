/** Contexts without a request: microservices, and whatever Nest may run guards for. Nothing passes undecided. */
import { createServer } from "node:net";
import { defineConfig } from "@flux/core";
import { testFlux } from "@flux/core/testing";
import { CurrentDecision, FluxGuard, Public, type RequestResponse, Require } from "@flux/nest";
import {
  Controller,
  type ExecutionContext,
  Get,
  type INestApplication,
  Injectable,
  UseGuards,
} from "@nestjs/common";
import { APP_GUARD, ExternalContextCreator } from "@nestjs/core";
import {
  type ClientProxy,
  ClientProxyFactory,
  MessagePattern,
  Payload,
  Transport,
} from "@nestjs/microservices";
import { firstValueFrom } from "rxjs";
import { afterEach, expect, test } from "vitest";
import { appOf, ask, type Served, start } from "./support.ts";

const config = defineConfig({
  auth: {},
  limits: { api: { quota: 10, window: "1h", by: "principal" } },
  unmatched: "public",
});
const flux = testFlux(config);
const caller = flux.asPrincipal({ subject: "ann" });
const ran: string[] = [];

@Controller()
class Both {
  @Public() @MessagePattern("open") open() {
    ran.push("open");
    return "open";
  }
  @MessagePattern("plain") plain() {
    ran.push("plain");
    return "plain";
  }
  @UseGuards(FluxGuard) @MessagePattern("guarded") guarded() {
    ran.push("guarded");
    return "guarded";
  }
  @Require({ limit: "api" }) @MessagePattern("limited") limited(@Payload() _data: object) {
    ran.push("limited");
    return "limited";
  }
  @Get("page") page(@CurrentDecision() decision: object) {
    return decision;
  }
}

let api: Served;
let client: ClientProxy;
afterEach(async () => {
  client?.close();
  await api.close();
  ran.length = 0;
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function begin(
  inheritAppConfig: boolean,
  more: { guard?: boolean; providers?: object[] } = {},
) {
  flux.reset();
  const { guard = true, providers = [] } = more;
  const options = { host: "127.0.0.1", port: await freePort() };
  const App = appOf({ flux, guard }, { controllers: [Both], providers: providers as never[] });
  api = await start("Express", App, async (app: INestApplication) => {
    app.connectMicroservice({ transport: Transport.TCP, options }, { inheritAppConfig });
    await app.startAllMicroservices();
  });
  client = ClientProxyFactory.create({ transport: Transport.TCP, options });
}
const send = (pattern: string, data: object = {}) =>
  firstValueFrom(client.send(pattern, data)).catch((error: unknown) => error);
const refused = { status: "error", message: "Internal server error" };

test("a message of a microservice is refused where the app's guards are inherited", async () => {
  await begin(true);
  for (const pattern of ["open", "plain", "guarded", "limited"])
    expect(await send(pattern), pattern).toEqual(refused);
  expect(ran).toEqual([]);
  expect(api.errors[0]).toMatchObject({
    code: "facts_invalid",
    message:
      'FluxGuard needs the HTTP request, and found none in a context of the type "rpc". Nothing passes undecided: put it there, or override getRequestResponse of FluxGuard.',
  });
  expect((await ask(api, "GET /page")).status).toBe(200);
});

test("where they are not, Nest runs no guard but those that stand on the handler", async () => {
  await begin(false);
  expect(await send("plain")).toBe("plain");
  expect(await send("guarded")).toEqual(refused);
  expect(ran).toEqual(["plain"]);
});

test("a guard of one's own may decide on messages, each charged, none by the config's routes", async () => {
  @Injectable()
  class OfMessages extends FluxGuard {
    protected override getRequestResponse(context: ExecutionContext): RequestResponse {
      if (context.getType() !== "rpc") return super.getRequestResponse(context);
      const { token } = context.switchToRpc().getData();
      const headers = token === undefined ? {} : { authorization: token };
      return { request: { method: "MESSAGE", url: "/", headers, rawHeaders: [] } };
    }
  }
  await begin(true, { guard: false, providers: [{ provide: APP_GUARD, useClass: OfMessages }] });
  expect(await send("open")).toBe("open");
  expect(await send("plain")).toBe("plain");
  const token = caller.authorization;
  for (let i = 0; i < 10; i++) expect(await send("limited", { token })).toBe("limited");
  expect(await send("limited", { token })).toMatchObject({ status: 429, code: "rate_limited" });
  expect(await send("limited")).toMatchObject({ status: 401, code: "unauthenticated" });
  expect(ran).toHaveLength(12);
});

test("a context of a kind that nobody knows is refused", async () => {
  await begin(false);
  const creator = api.app.get(ExternalContextCreator);
  const controller = api.app.get(Both);
  const call = creator.create(
    controller,
    controller.open,
    "open",
    undefined,
    undefined,
    undefined,
    undefined,
    { guards: true, interceptors: false, filters: true },
    "telegram",
  );
  await expect(call({ method: "GET", url: "/", headers: {} })).rejects.toThrow(
    'in a context of the type "telegram"',
  );
  expect(ran).toEqual([]);
});
