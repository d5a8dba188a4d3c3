import type { Decision, Flux, Keys, Register, Requirement } from "@flux/core";
import { FluxError } from "@flux/core";
import {
  answerToNobody,
  checkFlux,
  concludeIfLeft,
  denialResponse,
  finishResponse,
  prepareGuard,
} from "@flux/core/web";
import type { Context, MiddlewareHandler, Next } from "hono";
import type { GetConnInfo } from "hono/conninfo";
import { factsOf } from "./request-facts.ts";

/**
 * What a guard leaves in Hono's context: `c.var.flux`, the decision that let the request pass. It goes into
 * the types of an app whose routes are not chained: `new Hono<{ Variables: FluxVariables<typeof flux> }>()`.
 */
export interface FluxVariables<F> {
  flux: F extends Flux<infer K> ? Decision<K> : never;
}

type RegisteredVariables = Register extends { flux: infer F }
  ? Partial<FluxVariables<F>>
  : Record<never, never>;

declare module "hono" {
  /** Of an app that has registered its Flux (`Register` of `@flux/core`), every context knows the decision. */
  interface ContextVariableMap extends RegisteredVariables {}
}

/**
 * Makes the middleware that guards. Without a requirement it asks for what the config's routes say;
 * with one it adds to them, and replaces the rule for unmatched requests.
 *
 * @throws FluxError `requirement_invalid`, when the guard is made
 */
export type Guard<K extends Keys> = (
  requirement?: Requirement<K>,
) => MiddlewareHandler<{ Variables: { flux: Decision<K> } }>;

export interface HonoFluxOptions {
  /**
   * The runtime's own `getConnInfo`, such as that of `@hono/node-server/conninfo`: whom limits by ip count,
   * where the config's `clientIp` does not tell. Default: nobody's address is known.
   */
  readonly connInfo?: GetConnInfo;
}

/**
 * Guards for a Hono app (4.8 or later): `app.use(guard())` for the config's routes, `guard(requirement)`
 * on a route. An allowed request goes on with its decision as `c.var.flux`; a denied one is answered.
 * What Flux itself or `onDenied` throws goes to `app.onError`.
 *
 * @throws FluxError `config_invalid`, also where clients are counted by an address that nothing tells
 */
export function honoFlux<K extends Keys>(
  flux: Flux<K>,
  { connInfo }: HonoFluxOptions = {},
): Guard<K> {
  checkFlux(flux, "honoFlux");
  if (flux.readsAddress && connInfo === undefined)
    throw new FluxError(
      "config_invalid",
      "The config counts clients by address, and a web request has none. Say in the config where it is (`clientIp`: a function, or `trustedHops` behind a proxy), or give honoFlux the runtime's `{ connInfo: getConnInfo }`, e.g. of @hono/node-server/conninfo.",
    );
  return (requirement, ...misplaced: unknown[]) => {
    const prepared = prepareGuard(flux, requirement, misplaced);
    return async (context, next) => {
      const answered = context.finalized;
      const facts = factsOf(context, connInfo);
      const decided = flux.decide(facts, prepared, context.get("flux"));
      const decision = decided instanceof Promise ? await decided : decided;
      const toNobody = decided === decision ? undefined : answerToNobody(decision, context.req.raw);
      if (toNobody !== undefined) return toNobody;
      // Something else, such as a timeout, may have answered meanwhile: what follows would not be sent.
      const isLate = () => context.finalized && !answered;
      if (decision.allowed) {
        context.set("flux", decision);
        return isLate() ? concludeLate(context, decision) : goOn(context, decision, next);
      }
      refused.add(context);
      const answer = await flux.respond(decision, facts);
      if (isLate()) return;
      const response = denialResponse(answer, context.res.headers);
      // Else Hono would put what it has so far on top of the answer's own headers.
      context.res = undefined;
      context.res = response;
    };
  };
}

/** Requests that a guard has refused: what earlier guards charged them has been given back. */
const refused = new WeakSet<Context>();

/** Runs what is behind the guard. Only then is there a response to put headers on, an error's as well. */
async function goOn(context: Context, decision: Decision, next: Next): Promise<void> {
  const stopWatching = concludeIfLeft(decision, context.req.raw);
  try {
    await next();
  } catch (error) {
    // No `onError` has handled it: the runtime answers.
    fail(decision);
    throw error;
  } finally {
    stopWatching();
  }
  // A handler gave nothing, which Hono takes for an error.
  if (!context.finalized) return fail(decision);
  const { res, req } = context;
  try {
    const finished = finishResponse(res, decision, req.raw, refused.has(context));
    if (finished !== res) context.res = finished;
  } catch (error) {
    // The handler's response is none that can be sent, such as one whose body has been read.
    fail(decision);
    throw error;
  }
}

/** Something else has answered: its response is over for this decision. */
function concludeLate({ res }: Context, decision: Decision): void {
  void decision.conclude({ status: res.status, aborted: false });
}

function fail(decision: Decision): void {
  void decision.conclude({ status: 500, aborted: false });
}
