/** Messages of gateways: each is a decision of its own, by the credentials of its socket's handshake. */
import { once } from "node:events";
import { cookie, type Decision, defineConfig, defineFlux, hashApiKey } from "@flux/core";
import { testFlux } from "@flux/core/testing";
import {
  CurrentDecision,
  CurrentPrincipal,
  CurrentTenant,
  FluxGuard,
  Public,
  type RequestResponse,
  Require,
} from "@flux/nest";
import {
  type ArgumentsHost,
  Catch,
  type ExecutionContext,
  type INestApplication,
  Injectable,
  UseFilters,
  UseGuards,
} from "@nestjs/common";
import { APP_GUARD } from "@nestjs/core";
import { IoAdapter } from "@nestjs/platform-socket.io";
import { WsAdapter } from "@nestjs/platform-ws";
import {
  Ack,
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WsException,
} from "@nestjs/websockets";
import { io, type Socket } from "socket.io-client";
import { afterEach, describe, expect, test } from "vitest";
import { quiet } from "../express/support.ts";
import { appOf, platforms, type Served, start } from "./support.ts";

const config = defineConfig({
  auth: { jwt: { issuer: "https://issuer.test", audience: "chat", jwks: { keys: [] } } },
  tenant: { from: { claim: "org_id" } },
  features: { exports: { kind: "boolean" } },
  plans: { free: {}, pro: { features: { exports: true } } },
  defaultPlan: "free",
  limits: { api: { quota: 100, window: "1h", by: "tenant" } },
  // The handshake's path is no message's path.
  routes: { "* /*rest": "public", "GET /": "public" },
});
const flux = testFlux(config);
const caller = flux.asPrincipal({ subject: "ann", tenant: "acorn" });

const ran: string[] = [];

@Catch(WsException)
class Own {
  catch(exception: WsException, host: ArgumentsHost) {
    const { code } = exception.getError() as { code: string };
    host.switchToWs().getClient().emit("own", code);
  }
}

class Messages {
  @SubscribeMessage("me") me(@CurrentPrincipal() principal: { subject: string }) {
    ran.push("me");
    return { event: "me", data: principal.subject };
  }
  @Public() @SubscribeMessage("open") open(@MessageBody() text: string) {
    return { event: "open", data: text };
  }
  @UseGuards(FluxGuard)
  @Require({ limit: "api" })
  @SubscribeMessage("charged")
  async charged(
    @ConnectedSocket() _client: object,
    @MessageBody() wait: number,
    @CurrentDecision() decision: Decision,
    @CurrentTenant() tenant: object,
  ) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    return { event: "charged", data: { left: decision.limits[0]?.remaining, tenant } };
  }
  @Require({ feature: "exports" }) @SubscribeMessage("exported") exported() {
    ran.push("exported");
  }
  @UseFilters(Own) @Require({ feature: "exports" }) @SubscribeMessage("own") own() {}
}

@WebSocketGateway()
class Gateway extends Messages {
  @SubscribeMessage("acknowledged") acknowledged(
    @Ack() acknowledge: (answer: string) => void,
    @CurrentPrincipal() principal: { subject: string },
  ) {
    acknowledge(principal.subject);
  }
}

@Require({ scopes: "chat" })
@WebSocketGateway({ namespace: "strict" })
class StrictGateway {
  @SubscribeMessage("any") any() {
    return { event: "any", data: "yes" };
  }
}

const useSocketIo = (app: INestApplication) => app.useWebSocketAdapter(new IoAdapter(app));

let api: Served;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await api.close();
});

/** What a client gets: each event with what it brings. */
type Got = [event: string, data: unknown][];

describe.each(platforms)("socket.io on %s", (platform) => {
  const begin = async (providers: object[] = [Gateway, StrictGateway], guard = true) => {
    flux.reset();
    ran.length = 0;
    const App = appOf({ flux, guard }, { providers: providers as never[] });
    api = await start(platform, App, useSocketIo);
  };
  const connect = async (headers: object = caller, options: object = {}, namespace = "") => {
    const socket = io(api.url + namespace, {
      forceNew: true,
      extraHeaders: headers as Record<string, string>,
      ...options,
    });
    sockets.push(socket);
    const got: Got = [];
    socket.onAny((event, data) => got.push([event, data]));
    await new Promise((resolve, reject) => {
      socket.on("connect", () => resolve(undefined));
      socket.on("connect_error", reject);
    });
    const next = async (send: () => unknown) => {
      const before = got.length;
      send();
      await expect.poll(() => got.length).toBeGreaterThan(before);
      return got.at(-1);
    };
    return {
      socket,
      got,
      send: (...args: [string, ...unknown[]]) => next(() => socket.emit(...args)),
    };
  };

  test.each([["websocket"], ["polling"]])("messages over %s are guarded", async (transport) => {
    await begin();
    const { send, socket } = await connect(caller, { transports: [transport] });
    expect(await send("me")).toEqual(["me", "ann"]);
    expect(await socket.emitWithAck("acknowledged")).toBe("ann");
    expect(await send("exported")).toEqual([
      "exception",
      expect.objectContaining({
        status: 402,
        code: "feature_unavailable",
        denials: [{ code: "feature_unavailable", name: "exports" }],
        remedy: { plans: ["pro"] },
      }),
    ]);
    expect(ran).toEqual(["me"]);
    expect(api.errors).toEqual([]);
  });

  test("a stranger gets to what is public, whatever the config says of the handshake's path", async () => {
    await begin();
    const { send } = await connect({});
    expect(await send("open", "hello")).toEqual(["open", "hello"]);
    expect(await send("me")).toEqual([
      "exception",
      {
        type: "about:blank",
        title: "Unauthorized",
        status: 401,
        detail: "This needs credentials, and the request has none.",
        code: "unauthenticated",
        denials: [{ code: "unauthenticated" }],
        remedy: { authenticate: true },
      },
    ]);
    expect(ran).toEqual([]);
  });

  test("each message is charged, once, and has a decision of its own", async () => {
    await begin();
    const { send, got, socket } = await connect();
    const tenant = { id: "acorn", plan: "free" };
    expect(await send("charged", 0)).toEqual(["charged", { left: 99, tenant }]);
    expect(await send("charged", 0)).toEqual(["charged", { left: 98, tenant }]);
    got.length = 0;
    // Bare numbers, at the same time, on one socket: nothing but the message tells them apart.
    for (const wait of [40, 20, 0]) socket.emit("charged", wait);
    await expect.poll(() => got.length).toBe(3);
    const rest = got.map(([, data]) => (data as { left: number }).left);
    expect(rest).toEqual([95, 96, 97]);
  });

  test("a credential that ends stops the messages after it", async () => {
    const key = "a-key-that-ends-in-a-minute";
    const hash = await hashApiKey(key);
    const expiresAt = Date.now() + 60_000;
    let now = Date.now();
    const own = defineFlux({
      ...config,
      auth: {
        apiKeys: {
          header: "x-api-key",
          lookup: (asked) => (asked === hash ? { id: "k", tenant: "acorn", expiresAt } : undefined),
        },
      },
      now: () => now,
      logger: quiet,
    });
    api = await start(platform, appOf({ flux: own }, { providers: [Gateway] }), useSocketIo);
    const { send } = await connect({ "x-api-key": key });
    expect(await send("me")).toEqual(["me", "k"]);
    now += 61_000;
    expect(await send("me")).toEqual([
      "exception",
      expect.objectContaining({ status: 401, code: "invalid_token" }),
    ]);
  });

  test("what stands on a gateway holds for all its messages", async () => {
    await begin();
    const without = await connect(caller, {}, "/strict");
    expect(await without.send("any")).toEqual([
      "exception",
      expect.objectContaining({ code: "insufficient_scope" }),
    ]);
    const chat = flux.asPrincipal({ subject: "ann", tenant: "acorn", scopes: ["chat"] });
    expect(await (await connect(chat, {}, "/strict")).send("any")).toEqual(["any", "yes"]);
  });

  test("a filter of the gateway may take a denial over", async () => {
    await begin();
    expect(await (await connect()).send("own")).toEqual(["own", "feature_unavailable"]);
  });

  test("a guard of one's own may take the token from elsewhere", async () => {
    @Injectable()
    class FromHandshake extends FluxGuard {
      protected override getRequestResponse(context: ExecutionContext): RequestResponse {
        const found = super.getRequestResponse(context);
        if (context.getType() !== "ws") return found;
        const { request, handshake } = context.switchToWs().getClient();
        const headers = { ...request.headers, authorization: handshake.auth.token };
        return { request: Object.create(request, { headers: { value: headers } }) };
      }
    }
    await begin([Gateway, { provide: APP_GUARD, useClass: FromHandshake }], false);
    const { send } = await connect({}, { auth: { token: caller.authorization } });
    expect(await send("me")).toEqual(["me", "ann"]);
    const forged = await connect({}, { auth: { token: "Bearer forged" } });
    expect(await forged.send("me")).toEqual([
      "exception",
      expect.objectContaining({ code: "invalid_token" }),
    ]);
  });
});

describe("a credential in a cookie", () => {
  test("needs the proof that a page of our own has opened the socket", async () => {
    const own = defineFlux({
      ...config,
      auth: {
        custom: (facts) =>
          cookie(facts, "sid") === "1" ? { subject: "ann", tenant: "acorn" } : undefined,
        origins: ["https://app.test"],
      },
      logger: quiet,
    });
    api = await start("Express", appOf({ flux: own }, { providers: [Gateway] }), useSocketIo);
    const ask = async (origin: string) => {
      const socket = io(api.url, {
        forceNew: true,
        transports: ["websocket"],
        extraHeaders: { cookie: "sid=1", origin },
      });
      sockets.push(socket);
      return new Promise((resolve) => {
        socket.onAny((event, data) => resolve([event, data?.code ?? data]));
        socket.emit("me");
      });
    };
    expect(await ask("https://evil.test")).toEqual(["exception", "forbidden"]);
    expect(await ask("https://app.test")).toEqual(["me", "ann"]);
  });
});

describe.each(platforms)("ws on %s", (platform) => {
  @WebSocketGateway()
  class Plain extends Messages {}
  @WebSocketGateway()
  class Keeping extends Messages {
    handleConnection(client: { request?: object }, request: object) {
      client.request = request;
    }
  }
  const begin = async (gateway: new () => object) => {
    flux.reset();
    ran.length = 0;
    api = await start(platform, appOf({ flux }, { providers: [gateway] }), (app) => {
      app.useWebSocketAdapter(new WsAdapter(app));
    });
  };
  const connect = async (headers: object = caller) => {
    // Node's own client takes headers, unlike a browser's.
    const socket = new WebSocket(api.url.replace("http", "ws"), { headers } as never);
    await once(socket, "open");
    return {
      close: () => socket.close(),
      async send(event: string, data?: unknown) {
        socket.send(JSON.stringify({ event, data }));
        const [answer] = (await once(socket, "message")) as [MessageEvent];
        return JSON.parse(answer.data);
      },
    };
  };

  test("a gateway that keeps the handshake's request is guarded by it", async () => {
    await begin(Keeping);
    const { send, close } = await connect();
    expect(await send("me")).toEqual({ event: "me", data: "ann" });
    expect(await send("charged", 0)).toMatchObject({ data: { left: 99 } });
    expect(await send("charged", 0)).toMatchObject({ data: { left: 98 } });
    expect(await send("exported")).toMatchObject({
      event: "exception",
      data: { code: "feature_unavailable" },
    });
    close();
    const stranger = await connect({});
    expect(await stranger.send("me")).toMatchObject({ data: { code: "unauthenticated" } });
    stranger.close();
  });

  test("one that does not is refused, and the log says what to do", async () => {
    await begin(Plain);
    const { send, close } = await connect();
    for (const event of ["me", "open"])
      expect(await send(event)).toMatchObject({
        event: "exception",
        data: { status: "error", message: "Internal server error" },
      });
    expect(ran).toEqual([]);
    expect(api.errors[0]).toMatchObject({
      code: "facts_invalid",
      message: expect.stringContaining(
        "handleConnection(client, request) { client.request = request; }",
      ),
    });
    close();
  });
});
