import type { Decision, Flux, PreparedRequirement, RegisteredKeys, Requirement } from "@flux/core";
import { FluxError } from "@flux/core";
import {
  applyHeaders,
  checkFlux,
  concludeWith,
  factsFromFastify,
  replyTarget,
  sendDenial,
} from "@flux/core/node";
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import fastifyPlugin from "fastify-plugin";

declare module "fastify" {
  interface FastifyContextConfig {
    /**
     * What the route asks for beside the config's own entry, in place of its rule for unmatched requests.
     * It is typed by the app's own keys where they are registered: see `Register` of `@flux/core`.
     */
    flux?: Requirement<RegisteredKeys>;
  }
  interface FastifyRequest {
    /** The decision that let this request pass; `null` where `fastifyFlux` guards nothing. */
    flux: Decision<RegisteredKeys> | null;
  }
}

/** What `app.register(fastifyFlux, …)` takes. */
export interface FastifyFluxOptions {
  /** What `defineFlux` gave. */
  readonly flux: Flux;
}

/**
 * A plugin that guards a Fastify app (5.x): all routes and the 404s of the instance that it is registered on,
 * and of those inside. A route adds to the config by its own `config.flux`. An allowed request goes on with its
 * decision as `request.flux`; a denied one is answered, and passes the `onSend` hooks. Fastify's error
 * handling gets only what Flux itself or `onDenied` throws. The client's address is `request.ip`, by
 * Fastify's own `trustProxy`, unless the config says `clientIp`.
 *
 * @throws FluxError `config_invalid`, where it is given no Flux; `requirement_invalid`, when a route with a
 *   wrong requirement is added (of a route that was added before the plugin: on its first request)
 */
export const fastifyFlux: FastifyPluginAsync<FastifyFluxOptions> = fastifyPlugin(register, {
  name: "@flux/fastify",
  fastify: "5.x",
});

async function register(app: FastifyInstance, options: FastifyFluxOptions): Promise<void> {
  const flux = options?.flux;
  checkFlux(flux, "fastifyFlux", "app.register(fastifyFlux, { flux: defineFlux({ … }) })");
  const prepared = new WeakMap<Requirement, PreparedRequirement>();
  function prepare(requirement: Requirement | undefined): PreparedRequirement | undefined {
    if (requirement === undefined) return undefined;
    const known = prepared.get(requirement);
    if (known !== undefined) return known;
    const made = flux.prepare(requirement);
    prepared.set(requirement, made);
    return made;
  }

  /** Whether the request may pass; where not, it has been answered. */
  function judge(request: FastifyRequest, reply: FastifyReply): boolean | Promise<boolean> {
    const facts = factsFromFastify(request, { pattern: patternOf(request) });
    const requirement = prepare(request.routeOptions.config.flux);
    const decided = flux.decide(facts, requirement, request.flux ?? undefined);
    const apply = (decision: Decision): boolean | Promise<boolean> => {
      if (!decision.allowed)
        return Promise.resolve(flux.respond(decision, facts))
          .then((answer) => sendDenial(replyTarget(reply), answer))
          .then(() => false);
      request.flux = decision as Decision<RegisteredKeys>;
      applyHeaders(replyTarget(reply), decision.headers);
      const goesOn = concludeWith(reply.raw, decision);
      if (!goesOn) reply.hijack();
      return goesOn;
    };
    return decided instanceof Promise ? decided.then(apply) : apply(decided);
  }

  if (!app.hasRequestDecorator("flux")) app.decorateRequest("flux", null);
  app.addHook("onRoute", ({ method, url, config }) => {
    try {
      prepare(config?.flux);
    } catch (error) {
      throw atRoute(`${[method].flat().join(", ")} ${url}`, error);
    }
  });
  app.addHook("onRequest", (request, reply, done) => {
    const goOn = (passes: boolean) => {
      if (passes) done();
    };
    let passes: boolean | Promise<boolean>;
    try {
      passes = judge(request, reply);
    } catch (error) {
      return done(error as Error);
    }
    if (passes instanceof Promise) passes.then(goOn, done);
    else goOn(passes);
  });
}

/**
 * The route's pattern. A route for OPTIONS alone answers preflights, and goes by the path. But Fastify lets a
 * parameter be empty, and the config's paths do not: what is there to read then is the pattern.
 */
function patternOf({ routeOptions, params }: FastifyRequest): string | undefined {
  const { url, method } = routeOptions;
  const isEmpty = Object.values(params ?? {}).includes("");
  return method === "OPTIONS" && !isEmpty ? undefined : url;
}

function atRoute(route: string, error: unknown): unknown {
  if (!(error instanceof FluxError)) return error;
  const { code, problems } = error;
  return new FluxError(code, `${route}: ${error.message}`, { cause: error, problems });
}
