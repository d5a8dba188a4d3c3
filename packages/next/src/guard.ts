import type { Decision, Facts, Flux, Keys, PreparedRequirement, Requirement } from "@flux/core";
import { FluxError } from "@flux/core";
import { answerToNobody, concludeIfLeft, denialResponse, finishResponse } from "@flux/core/web";
import type { NextRequest } from "next/server.js";
import { type Call, callOf } from "./call.ts";
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

/** The guard around what is running now. Next has `AsyncLocalStorage` on both of its runtimes. */
export type Running = {
  getStore(): Decision | undefined;
  run<T>(decision: Decision, f: () => T): T;
};

export function running(): Running | undefined {
  // In an app's own tests there is no Next to have made it global.
  const Storage = globalThis.AsyncLocalStorage ?? builtIn("async_hooks")?.AsyncLocalStorage;
  return Storage === undefined ? undefined : new Storage<Decision>();
}

/** A module of Node's, where there is one: not an import, which an edge runtime would fail on. */
const builtIn = (name: "async_hooks") =>
  (globalThis as { process?: NodeJS.Process }).process?.getBuiltinModule?.(name);

export function guardOf<K extends Keys>(
  flux: Flux<K>,
  handOver: HandOver,
  around: Running | undefined,
): Guard<K> {
  /** The latest decision on each request; of an action by its headers, which are the same object all along. */
  const latest = new WeakMap<object, Promise<Decision | undefined>>();
  /** Requests that a guard has refused: what the guards around it charged has been given back. */
  const refused = new WeakSet<object>();

  /** Decides for one guard after another, also where they run at the same time: each limit is charged once. */
  async function decide(
    { facts, key, headers, call }: Asked,
    prepared: PreparedRequirement<K> | undefined,
  ): Promise<Decision<K>> {
    const before = latest.get(key);
    const made = (async () => {
      const earlier = (await before) ?? (await handOver.take(headers, call));
      return flux.decide(facts, prepared, earlier);
    })();
    const allowed = made.then(
      (decision) => (decision.allowed ? decision : before),
      () => before,
    );
    latest.set(key, allowed);
    const decision = await made;
    if (!decision.allowed) refused.add(key);
    return decision;
  }

  /** Runs what was let through; what it throws ends the call with the status that Next makes of it. */
  async function run<T>(decision: Decision, request: Request | undefined, f: () => Promise<T>) {
    const stopWatching = request === undefined ? nothing : concludeIfLeft(decision, request);
    try {
      return await (around === undefined ? f() : around.run(decision, f));
    } catch (error) {
      await decision.conclude({ status: statusOfThrown(error), aborted: false });
      throw error;
    } finally {
      stopWatching();
    }
  }

  const guard = (given: Requirement<K> | AnyHandler, wrapped?: AnyHandler) => {
    const handler = checkHandler(typeof given === "function" ? given : wrapped);
    const prepared = typeof given === "function" ? undefined : flux.prepare(given);

    async function answer(request: NextRequest, context: object | undefined): Promise<Response> {
      const asked = askedOfRequest(request);
      const decision = await decide(asked, prepared);
      const toNobody = answerToNobody(decision, request);
      if (toNobody !== undefined) return toNobody;
      if (!decision.allowed) return denialResponse(await flux.respond(decision, asked.facts));
      return run(decision, request, async () => {
        const response = await handler(request, { ...context, flux: decision });
        return finishResponse(checkResponse(response), decision, request, refused.has(asked.key));
      });
    }

    async function act(args: readonly unknown[]): Promise<unknown> {
      const asked = await askedOfAction();
      const decision = await decide(asked, prepared);
      if (!decision.allowed)
        return refuseAction(decision, await flux.respond(decision, asked.facts));
      const result = await run(decision, undefined, async () => handler(...args));
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

const nothing = () => undefined;

/** Next has its own error for what is none; here it only must not pass for one. */
function checkResponse(response: unknown): Response {
  const { arrayBuffer, bodyUsed } = Object(response) as Partial<Response>;
  if (typeof arrayBuffer === "function" && bodyUsed === false) return response as Response;
  throw new TypeError("A guarded route handler must give a Response whose body has not been read.");
}

/** @throws FluxError `requirement_invalid` */
function checkHandler(handler: AnyHandler | undefined): AnyHandler {
  if (typeof handler !== "function")
    throw new FluxError(
      "requirement_invalid",
      "guard needs a handler: guard(requirement, handler), or guard(handler) for the config's routes.",
    );
  // Clients would reach the function inside, past the guard around it.
  if ((handler as { $$typeof?: unknown }).$$typeof === Symbol.for("react.server.reference"))
    throw new FluxError(
      "requirement_invalid",
      'guard was given a function that is a server action itself: take "use server" out of it, and export the guarded one from a file that begins with "use server".',
    );
  return handler;
}

interface Asked {
  readonly facts: Facts;
  /** The same object for all guards of one request. */
  readonly key: object;
  readonly headers: Headers;
  readonly call: Call;
}

const askedOfRequest = (request: NextRequest): Asked => ({
  facts: factsOfRequest(request),
  key: request,
  headers: request.headers,
  call: callOf(request),
});

/** A server action is posted to the page's own path, which Next does not tell. */
async function askedOfAction(): Promise<Asked> {
  const { headers: read } = await import("next/headers.js");
  const headers = await read();
  const call = { method: "POST", path: undefined };
  return { facts: factsOfHeaders("POST", headers), key: headers, headers, call };
}
