import type { Decision, Keys, Requirement } from "@flux/core";
import type { NextRequest } from "next/server.js";

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
