import type { Decision, Flux, Keys, RegisteredKeys, Requirement } from "@flux/core";
import {
  applyHeaders,
  checkFlux,
  concludeWith,
  type DenialTarget,
  factsFromNode,
  prepareGuard,
  sendDenial,
} from "@flux/core/node";
import type { Context, Middleware } from "koa";
import { keepOnError } from "./error-headers.ts";
import { routeOf } from "./route-of.ts";

declare module "koa" {
  interface DefaultState {
    /**
     * The decision that let this request pass; set by a guard of `koaFlux`. It is typed by the app's own
     * keys where they are registered: see `Register` of `@flux/core`.
     */
    flux?: Decision<RegisteredKeys>;
  }
}

/**
 * Makes the middleware that guards. Without a requirement it asks for what the config's routes say;
 * with one it adds to them, and replaces the rule for unmatched requests.
 *
 * @throws FluxError `requirement_invalid`, when the guard is made
 */
export type Guard<K extends Keys> = (requirement?: Requirement<K>) => Middleware;

/**
 * Guards for a Koa app (3.x): `app.use(guard())` for the config's routes, `guard(requirement)` on a route. An
 * allowed request goes on with its decision as `ctx.state.flux`; a denied one is answered on `ctx`, so that
 * middleware further out sees the answer. A guard throws only where Flux itself or `onDenied` does. The
 * client's address is `ctx.ip`, by Koa's own `proxy` and `maxIpsCount`, unless the config says `clientIp`.
 *
 * @throws FluxError `config_invalid`, where it is given no Flux
 */
export function koaFlux<K extends Keys>(flux: Flux<K>): Guard<K> {
  checkFlux(flux, "koaFlux");
  return (requirement, ...misplaced: unknown[]) => {
    const prepared = prepareGuard(flux, requirement, misplaced);
    return async (ctx, next) => {
      const { pattern, routedUrl, mounted } = routeOf(ctx);
      const readIp = () => ctx.ip || undefined;
      const facts = factsFromNode(ctx.req, {
        readIp,
        pattern,
        routedUrl,
        mounted,
        sentUrl: ctx.originalUrl,
      });
      const decided = flux.decide(facts, prepared, ctx.state.flux);
      const decision = decided instanceof Promise ? await decided : decided;
      if (!decision.allowed) return sendDenial(answerOf(ctx), await flux.respond(decision, facts));
      ctx.state.flux = decision as Decision<RegisteredKeys>;
      applyHeaders(ctx.res, decision.headers);
      if (!concludeWith(ctx.res, decision)) {
        ctx.respond = false;
        return;
      }
      keepOnError(ctx, Object.keys(decision.headers));
      await next();
    };
  };
}

/** What a denial is written to: Koa's response, or Node's own where Koa has been told not to respond. */
function answerOf(ctx: Context): DenialTarget {
  if (ctx.respond === false) return ctx.res;
  return {
    get headersSent() {
      return ctx.headerSent;
    },
    set statusCode(status: number) {
      ctx.status = status;
    },
    getHeader: (name) => ctx.res.getHeader(name),
    setHeader: (name, value) => ctx.set(name, value as string | string[]),
    removeHeader: (name) => ctx.remove(name),
    end(body) {
      const typed = ctx.res.hasHeader("Content-Type");
      ctx.body = Buffer.from(body);
      // Koa takes bytes for a download; an answer has the type that it was given, or none.
      if (!typed) ctx.remove("Content-Type");
    },
  };
}
