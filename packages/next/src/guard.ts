import type { Decision, Flux, Keys, PreparedRequirement, Requirement } from "@flux/core";
import { FluxError } from "@flux/core";
import { applyHeaders, concludeIfLeft, concludeWith, denialResponse } from "@flux/core/web";
import type { NextRequest } from "next/server.js";
import { refuseAction } from "./denial-error.ts";
import type { HandOver } from "./hand-over.ts";
import { factsOfHeaders, factsOfRequest } from "./request-facts.ts";
import { statusOfThrown } from "./thrown.ts";

/** What Flux adds to a handler's context. */
export interface Decided<K extends Keys> {
  /** The decision that let this call pass. */
  readonly flux: Decision<K>;
}

type Answer = Response | Promise<Response>;

/** A route handler as Next calls it: `context.params` is a promise of the path's parameters. */
export type RouteHandler<Context> = (request: NextRequest, context: Context) => Promise<Response>;

/** What Next hands a route handler beside the request. */
export interface RouteContext {
  readonly params: Promise<Record<string, string | string[]>>;
}

/**
 * Guards a route handler, which gets the decision in its context: `(request, { params, flux })`. Without a
 * requirement the config's routes alone are asked for.
 *
 * Or a server action, which keeps its own arguments: a client may send more of them than the action names,
 * so none of them is a place for a decision. Inside, `current()` gives it. Whoever calls a denied action
 * gets a `DenialError`, or is redirected where `onDenied` says so.
 *
 * @throws FluxError `requirement_invalid`, when the guard is made
 */
export interface Guard<K extends Keys> {
  <Context = RouteContext>(
    requirement: Requirement<K>,
    handler: (request: NextRequest, context: Context & Decided<K>) => Answer,
  ): RouteHandler<Omit<Context, keyof Decided<K>>>;
  <Context = RouteContext>(
    handler: (request: NextRequest, context: Context & Decided<K>) => Answer,
  ): RouteHandler<Omit<Context, keyof Decided<K>>>;
  <Args extends unknown[], Result>(
    requirement: Requirement<K>,
    action: (...args: Args) => Promise<Result>,
  ): (...args: Args) => Promise<Result>;
}

type AnyHandler = (...args: unknown[]) => unknown;

/**
 * What was decided on a call by the guards around it, while they run. By its request or, of an action, by
 * its headers, which Next gives as the same object all along.
 */
export type Guarding = WeakMap<object, Decision>;

export function guardOf<K extends Keys>(
  flux: Flux<K>,
  handOver: HandOver,
  guarding: Guarding,
): Guard<K> {
  async function decide(
    call: Call,
    prepared: PreparedRequirement<K> | undefined,
  ): Promise<Decision<K>> {
    const { facts, key, headers, request } = call;
    const before = guarding.get(key) ?? (await handOver.take(headers, request));
    return flux.decide(facts, prepared, before);
  }

  const guard = (given: Requirement<K> | AnyHandler, wrapped?: AnyHandler) => {
    const handler = typeof given === "function" ? given : wrapped;
    if (typeof handler !== "function")
      throw new FluxError(
        "requirement_invalid",
        "guard needs a handler: guard(requirement, handler), or guard(handler) for the config's routes.",
      );
    const prepared = typeof given === "function" ? undefined : flux.prepare(given);

    async function answer(request: NextRequest, context: object | undefined): Promise<Response> {
      const call = callOfRequest(request);
      const decision = await decide(call, prepared);
      if (!decision.allowed) return denialResponse(await flux.respond(decision, call.facts));
      const response = await run(guarding, call, decision, () =>
        handler?.(request, { ...context, flux: decision }),
      );
      return finish(response as Response, decision, request);
    }

    async function act(args: readonly unknown[]): Promise<unknown> {
      const call = await callOfAction();
      const decision = await decide(call, prepared);
      if (!decision.allowed)
        return refuseAction(decision, await flux.respond(decision, call.facts));
      const result = await run(guarding, call, decision, () => handler?.(...args));
      await decision.conclude({ status: 200, aborted: false });
      return result;
    }

    return (...args: unknown[]) =>
      args[0] instanceof Request
        ? answer(args[0] as NextRequest, args[1] as object | undefined)
        : act(args);
  };
  return guard as Guard<K>;
}

interface Call {
  readonly facts: ReturnType<typeof factsOfRequest>;
  /** The same object for all guards of one call. */
  readonly key: object;
  readonly headers: Headers;
  readonly request: Request | undefined;
}

const callOfRequest = (request: NextRequest): Call => ({
  facts: factsOfRequest(request),
  key: request,
  headers: request.headers,
  request,
});

/** A server action is posted to the page's own path, which Next does not tell. */
async function callOfAction(): Promise<Call> {
  const { headers: read } = await import("next/headers.js");
  const headers = await read();
  return { facts: factsOfHeaders("POST", headers), key: headers, headers, request: undefined };
}

/** Runs what was let through; what it throws ends the call with the status that Next makes of it. */
async function run<T>(
  guarding: Guarding,
  { key, request }: Call,
  decision: Decision,
  handler: () => T | Promise<T>,
): Promise<T> {
  const outer = guarding.get(key);
  guarding.set(key, decision);
  const answered = concludeIfLeft(decision, request?.signal);
  try {
    return await handler();
  } catch (error) {
    await decision.conclude({ status: statusOfThrown(error), aborted: false });
    throw error;
  } finally {
    answered();
    if (outer === undefined) guarding.delete(key);
    else guarding.set(key, outer);
  }
}

/** A response of `fetch` or `Response.redirect` has headers that cannot be set: then it is copied. */
function finish(response: Response, decision: Decision, request: Request): Response {
  const { status, statusText } = response;
  const headers = new Headers(response.headers);
  applyHeaders(headers, decision.headers);
  // Nobody would read the body of an answer to HEAD, so that its end would never come.
  const body = request.method === "HEAD" ? null : response.body;
  const sent = new Response(body, { status, statusText, headers });
  return concludeWith(sent, decision, request.signal);
}
