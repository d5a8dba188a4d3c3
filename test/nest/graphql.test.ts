/** Resolvers of GraphQL: each root field is guarded by the HTTP request that its operation came with. */
import { createRequire } from "node:module";
import { type Decision, defineConfig } from "@flux/core";
import { testFlux } from "@flux/core/testing";
import { expressFlux } from "@flux/express";
import { CurrentDecision, CurrentPrincipal, FluxGuard, Public, Require } from "@flux/nest";
import { ApolloDriver, type ApolloDriverConfig } from "@nestjs/apollo";
import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  type INestApplication,
  UseGuards,
} from "@nestjs/common";
import { APP_FILTER } from "@nestjs/core";
import {
  AbstractGraphQLDriver,
  Field,
  type GqlModuleOptions,
  GraphQLModule,
  Mutation,
  ObjectType,
  Query,
  ResolveField,
  Resolver,
  Subscription,
} from "@nestjs/graphql";
import { afterEach, describe, expect, test } from "vitest";
import { appOf, ask, left, type Served, start } from "./support.ts";

const config = defineConfig({
  auth: {},
  tenant: { from: { claim: "org_id" } },
  features: { exports: { kind: "boolean" }, tokens: { kind: "metered", per: "day" } },
  plans: {
    free: { features: { tokens: 100 } },
    pro: { extends: "free", features: { exports: true } },
  },
  defaultPlan: "free",
  limits: {
    api: { quota: 100, window: "1h", by: "tenant" },
    other: { quota: 100, window: "1h", by: "tenant" },
  },
});
const flux = testFlux(config);
const caller = flux.asPrincipal({ subject: "ann", tenant: "acorn" });

const ran: string[] = [];

@ObjectType()
class Report {
  @Field({ nullable: true }) title?: string;
}

@Resolver(() => Report)
class Reports {
  @Query(() => String) me(@CurrentPrincipal() principal: { subject: string }) {
    return principal.subject;
  }
  @Public() @Query(() => String) version() {
    return "1";
  }
  @Require({ limit: "api" })
  @Query(() => String)
  async listed(@CurrentDecision() decision: Decision) {
    ran.push("listed");
    return decision.limits.map(({ name }) => name).join();
  }
  @Require({ limit: ["api", "other"] }) @Query(() => String) both(
    @CurrentDecision() decision: Decision,
  ) {
    return decision.limits
      .map(({ name }) => name)
      .sort()
      .join();
  }
  @UseGuards(FluxGuard) @Require({ limit: "api" }) @Query(() => String) twice() {
    return "twice";
  }
  @Require({ use: { tokens: 30 } }) @Mutation(() => String) send() {
    ran.push("send");
    return "sent";
  }
  @Require({ feature: "exports" }) @Mutation(() => String, { nullable: true }) exported() {
    ran.push("exported");
    return "exported";
  }
  @Require({ roles: "staff" }) @Query(() => String, { nullable: true }) staff() {
    return "staff";
  }
  @Query(() => Report) report() {
    return {};
  }
  @Require({ feature: "exports" }) @ResolveField(() => String, { nullable: true }) title() {
    return "title";
  }
  @Public() @Subscription(() => String) added() {
    ran.push("added");
    return (async function* () {
      yield { added: "one" };
    })();
  }
}

/** The one that Nest has, too: Vite would take the package's other build, and GraphQL suffers no second one. */
const { graphql } = createRequire(import.meta.url)("graphql") as typeof import("graphql");

/** As a driver for Fastify: it hands the request on, in one shape or another. */
abstract class FastifyDriver extends AbstractGraphQLDriver {
  abstract contextOf(request: object, reply: object): object;
  async start({ schema }: GqlModuleOptions): Promise<void> {
    const { httpAdapter } = this.httpAdapterHost;
    httpAdapter
      .getInstance()
      .post("/graphql", (request: { body: { query: string } }, reply: object) =>
        graphql({
          schema: schema as never,
          source: request.body.query,
          contextValue: this.contextOf(request, reply),
        }),
      );
  }
  async stop(): Promise<void> {}
}
class ReqAndReply extends FastifyDriver {
  contextOf = (req: object, reply: object) => ({ req, reply });
}
class RequestOnly extends FastifyDriver {
  contextOf = (request: object) => ({ request });
}
class ReplyOnly extends FastifyDriver {
  contextOf = (_request: object, reply: object) => ({ reply });
}
class RawRequest extends FastifyDriver {
  contextOf = (request: object, reply: object) => {
    const { raw } = request as { raw: object };
    return { req: raw, res: (reply as { raw: object }).raw };
  };
}
class Nothing extends FastifyDriver {
  contextOf = () => ({});
}

const apollo = (options: Partial<ApolloDriverConfig> = {}) =>
  GraphQLModule.forRoot<ApolloDriverConfig>({
    driver: ApolloDriver,
    autoSchemaFile: true,
    graphiql: false,
    includeStacktraceInErrorResponses: false,
    ...options,
  });
const plain = (driver: new () => FastifyDriver) =>
  GraphQLModule.forRoot({ driver: driver as never, autoSchemaFile: true });

let api: Served;
afterEach(() => api.close());

async function begin(
  platform: "Express" | "Fastify",
  imported: ReturnType<typeof apollo>,
  more: {
    flux?: typeof flux;
    setUp?: (app: INestApplication) => unknown;
    providers?: object[];
  } = {},
) {
  flux.reset();
  ran.length = 0;
  const providers = [Reports, ...(more.providers ?? [])] as never[];
  const App = appOf({ flux: more.flux ?? flux }, { imports: [imported], providers });
  api = await start(platform, App, more.setUp);
}

const send = async (query: string, headers: object = caller) =>
  ask(
    api,
    "POST /graphql",
    { "content-type": "application/json", ...headers },
    JSON.stringify({ query }),
  );
const remaining = async () => {
  const { limits } = await flux
    .as({ tenant: "acorn", subject: "test" })
    .decide({ limit: ["api", "other"], cost: 0, use: { tokens: 0 } });
  return Object.fromEntries(limits.map(({ name, remaining }) => [name, remaining]));
};

const shapes = [
  ["Apollo on Express", "Express", apollo()],
  [
    "Apollo on Express, with request and response",
    "Express",
    apollo({ context: ({ req, res }: object & { req: object; res: object }) => ({ req, res }) }),
  ],
  [
    "Apollo on Express, with the request under another name",
    "Express",
    apollo({ context: ({ req }: { req: object }) => ({ request: req }) }),
  ],
  ["Fastify's request and reply", "Fastify", plain(ReqAndReply)],
  ["Fastify's request alone", "Fastify", plain(RequestOnly)],
  ["Fastify's reply alone", "Fastify", plain(ReplyOnly)],
  ["Fastify's raw request", "Fastify", plain(RawRequest)],
] as const;

describe.each(shapes)("%s", (name, platform, imported) => {
  test("each root field is guarded, by its decorators or by `unmatched`", async () => {
    await begin(platform, imported);
    expect((await send("{ me }")).json).toEqual({ data: { me: "ann" } });
    expect((await send("{ version }", {})).json).toEqual({ data: { version: "1" } });
    const stranger = await send("{ me }", {});
    expect(stranger.json.data).toBeNull();
    expect(stranger.json.errors).toEqual([
      {
        message: "This needs credentials, and the request has none.",
        path: ["me"],
        locations: [expect.anything()],
        extensions: {
          type: "about:blank",
          title: "Unauthorized",
          status: 401,
          code: "unauthenticated",
          detail: "This needs credentials, and the request has none.",
          denials: [{ code: "unauthenticated" }],
          remedy: { authenticate: true },
        },
      },
    ]);
    const partly = await send("{ me staff }");
    expect(partly.json).toMatchObject({
      data: { me: "ann", staff: null },
      errors: [
        { path: ["staff"], extensions: { code: "forbidden", remedy: { roles: ["staff"] } } },
      ],
    });
  });

  test("fields that are resolved at the same time are charged once, however many there are", async () => {
    await begin(platform, imported);
    const aliases = Array.from({ length: 30 }, (_, i) => `a${i}: listed`).join(" ");
    const answer = await send(`{ ${aliases} both twice }`);
    expect(answer.json.errors).toBeUndefined();
    expect(answer.json.data).toMatchObject({ a0: "api", a29: "api", both: "api,other" });
    expect(await remaining()).toEqual({ api: 99, other: 99, tokens: 100 });
    expect(ran).toHaveLength(30);
    await send("{ listed }");
    expect(await remaining()).toEqual({ api: 98, other: 99, tokens: 100 });
    if (!name.includes("alone")) expect(left(answer)).toMatchObject({ api: 99 });
  });

  test("a field that is denied gives nothing back of what others have used", async () => {
    await begin(platform, imported);
    const answer = await send("mutation { send exported other: exported }");
    expect(answer.json.data).toEqual({ send: "sent", exported: null, other: null });
    expect(answer.json.errors).toMatchObject([
      { extensions: { code: "feature_unavailable", remedy: { plans: ["pro"] } } },
      { extensions: { code: "feature_unavailable" } },
    ]);
    expect(ran).toEqual(["send"]);
    expect(await remaining()).toMatchObject({ tokens: 70 });
    await send("mutation { exported send }");
    expect(await remaining()).toMatchObject({ tokens: 40 });
  });
});

test("an operation without a request is refused", async () => {
  await begin("Fastify", plain(Nothing));
  const answer = await send("{ version }");
  expect(answer.json.data).toBeNull();
  expect(answer.json.errors[0].message).toMatch(
    /^FluxGuard needs the HTTP request, and found none/,
  );
  expect(ran).toEqual([]);
});

test("the config's route of the endpoint holds for each field, and is charged once", async () => {
  const other = testFlux({
    ...config,
    routes: { "POST /graphql": { limit: "api", scopes: "graphql" } },
  });
  await begin("Express", apollo(), { flux: other });
  expect((await send("{ version }", {})).json.errors[0].extensions.code).toBe("unauthenticated");
  const ann = other.asPrincipal({ subject: "ann", tenant: "acorn" });
  expect((await send("{ version }", ann)).json.errors[0].extensions.code).toBe(
    "insufficient_scope",
  );
  const scoped = other.asPrincipal({ subject: "ann", tenant: "acorn", scopes: ["graphql"] });
  const answer = await send("{ version me listed }", scoped);
  expect(answer.json.data).toEqual({ version: "1", me: "ann", listed: "api" });
  expect(left(answer)).toEqual({ api: 99 });
});

test("what a guard of Express in front has charged is charged once, and is not given back", async () => {
  const other = testFlux({ ...config, routes: { "POST /graphql": { limit: "api" } } });
  const guard = expressFlux(other);
  await begin("Express", apollo(), { flux: other, setUp: (app) => app.use(guard()) });
  const ann = other.asPrincipal({ subject: "ann", tenant: "acorn" });
  expect(left(await send("{ me listed }", ann))).toEqual({ api: 99 });
  expect((await send("{ staff }", ann)).json.errors).toHaveLength(1);
  expect(left(await send("{ listed }", ann))).toEqual({ api: 97 });
});

test("fields below the root are guarded where Nest runs guards for them", async () => {
  await begin("Express", apollo());
  expect((await send("{ report { title } }")).json).toEqual({
    data: { report: { title: "title" } },
  });
  await api.close();
  await begin("Express", apollo({ fieldResolverEnhancers: ["guards"] }));
  expect((await send("{ report { title } }")).json).toMatchObject({
    data: { report: { title: null } },
    errors: [{ path: ["report", "title"], extensions: { code: "feature_unavailable" } }],
  });
});

test("a filter of the app may take a denial over", async () => {
  @Catch(HttpException)
  class Own implements ExceptionFilter {
    catch(exception: HttpException, _host: ArgumentsHost) {
      return new Error(`own: ${exception.getStatus()}`);
    }
  }
  await begin("Express", apollo(), { providers: [{ provide: APP_FILTER, useClass: Own }] });
  expect((await send("{ me }", {})).json.errors[0].message).toBe("own: 401");
});

test("what comes over a socket is refused, also what is public", async () => {
  await begin(
    "Express",
    apollo({
      subscriptions: { "graphql-ws": true },
      context: (connection: { req?: object; extra?: { request: object } }) => ({
        req: connection.req ?? connection.extra?.request,
      }),
    }),
  );
  for (const query of ["subscription { added }", "{ version }"]) {
    const messages: { type: string; payload: unknown }[] = [];
    const socket = new WebSocket(
      `${api.url.replace("http", "ws")}/graphql`,
      "graphql-transport-ws",
    );
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      messages.push(message);
      if (message.type === "connection_ack")
        socket.send(JSON.stringify({ type: "subscribe", id: "1", payload: { query } }));
    };
    socket.onopen = () => socket.send(JSON.stringify({ type: "connection_init" }));
    await expect.poll(() => messages.length).toBeGreaterThan(1);
    expect(JSON.stringify(messages)).toContain("FluxGuard needs the HTTP request, and found none");
    socket.close();
  }
  expect(ran).toEqual([]);
  expect((await send("{ version }")).json).toEqual({ data: { version: "1" } });
});
