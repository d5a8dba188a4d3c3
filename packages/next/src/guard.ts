import type { Decision, Flux, Keys, PreparedRequirement, Requirement } from "@flux/core";
import { FluxError } from "@flux/core";
import { answerToNobody, concludeIfLeft, denialResponse, finishResponse } from "@flux/core/web";
import type { NextRequest } from "next/server.js";
import { type Asked, askedOfAction, askedOfRequest } from "./asked.ts";
import { refuseAction } from "./denial-error.ts";
import type { Guard } from "./guard-type.ts";
import type { HandOver } from "./hand-over.ts";
import type { Running } from "./running.ts";
import { statusOfThrown } from "./thrown.ts";

type AnyHandler = (...args: unknown[]) => unknown;

/** What `guard` of a Next app is. @param around tells which guard a call of `current()` is inside of. */
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
