import type { Decision, Facts, Flux, Keys, RegisteredKeys, Requirement } from "@flux/core";
import {
  applyHeaders,
  checkFlux,
  concludeWith,
  factsFromExpress,
  prepareGuard,
  sendDenial,
} from "@flux/core/node";
import type { NextFunction, Request, RequestHandler, Response } from "express";

declare global {
  namespace Express {
    interface Request {
      /**
       * The decision that let this request pass; set by a guard of `expressFlux`. It is typed by the
       * app's own keys where they are registered: see `Register` of `@flux/core`.
       */
      flux?: Decision<RegisteredKeys>;
    }
  }
}

/**
 * Makes the middleware that guards. Without a requirement it asks for what the config's routes say;
 * with one it adds to them, and replaces the rule for unmatched requests.
 *
 * @throws FluxError `requirement_invalid`, when the guard is made
 */
export type Guard<K extends Keys> = (requirement?: Requirement<K>) => RequestHandler;

/**
 * Guards for an Express app (5.x): `app.use(guard())` for the config's routes, `guard(requirement)` on a
 * route. An allowed request goes on with its decision as `req.flux`; a denied one is answered. `next(err)`
 * is called only where Flux itself or `onDenied` throws. The client's address is `req.ip`, by Express's own
 * `trust proxy`, unless the config says `clientIp`.
 *
 * @throws FluxError `config_invalid`, where it is given no Flux
 */
export function expressFlux<K extends Keys>(flux: Flux<K>): Guard<K> {
  checkFlux(flux, "expressFlux");
  return (requirement, ...misplaced: unknown[]) => {
    const prepared = prepareGuard(flux, requirement, misplaced);
    return (request, response, next) => {
      let decision: Decision | Promise<Decision>;
      let facts: Facts;
      try {
        facts = factsFromExpress(request);
        decision = flux.decide(facts, prepared, request.flux);
      } catch (error) {
        return next(error);
      }
      if (decision instanceof Promise)
        decision
          .then((decided) => apply(flux, facts, decided, request, response, next))
          .catch(next);
      else apply(flux, facts, decision, request, response, next);
    };
  };
}

function apply(
  flux: Flux,
  facts: Facts,
  decision: Decision,
  request: Request,
  response: Response,
  next: NextFunction,
): void {
  if (!decision.allowed) {
    // Sending is awaited here, so that what `onDenied` throws is Express's to handle.
    Promise.resolve(decision)
      .then(() => flux.respond(decision, facts))
      .then((answer) => sendDenial(response, answer))
      .catch(next);
    return;
  }
  request.flux = decision as Decision<RegisteredKeys>;
  applyHeaders(response, decision.headers);
  if (concludeWith(response, decision)) next();
}
