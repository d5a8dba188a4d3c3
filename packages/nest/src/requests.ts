/** Where the request is in each kind of context, and what a guard reads of it. */
import { IncomingMessage } from "node:http";
import { Http2ServerRequest } from "node:http2";
import { type Decision, type Facts, FluxError, type RegisteredKeys } from "@flux/core";
import {
  type ExpressRequest,
  factsFromExpress,
  factsFromFastify,
  type NodeResponse,
} from "@flux/core/node";
import type { ExecutionContext } from "@nestjs/common";

/** A request of `node:http`, as Express extends it and Fastify wraps it. */
export type GuardedRequest = ExpressRequest & {
  readonly upgrade?: boolean | null | undefined;
  /** Of Fastify. */
  readonly raw?: GuardedRequest | undefined;
  readonly routeOptions?:
    | {
        readonly url?: string | undefined;
        readonly method?: string | readonly string[] | undefined;
      }
    | undefined;
  readonly res?: NodeResponse | undefined;
  /** The decision that let it pass. */
  flux?: Decision<RegisteredKeys> | undefined;
};

/** What a guard decides by, and where it writes its headers. */
export interface RequestResponse {
  /** Express's or Fastify's request, or one of `node:http` such as a socket's handshake. */
  readonly request: object;
  /** `undefined`: no headers are written, and nobody tells how the response ended. */
  readonly response?: object | undefined;
}

/**
 * The request and the response of HTTP, of GraphQL over HTTP, and of a socket's handshake.
 * @throws FluxError `facts_invalid` where there is no request: what cannot be decided is refused.
 */
export function requestResponseOf(context: ExecutionContext): RequestResponse {
  const type = context.getType<string>();
  if (type === "http") {
    const http = context.switchToHttp();
    return { request: http.getRequest(), response: http.getResponse() };
  }
  if (type === "graphql") {
    const { req, request = req, res, reply = res } = Object(context.getArgByIndex(2));
    const usable = request ?? reply?.request;
    // Many operations pass a socket; they are not one request.
    if (isRequest(usable) && !isUpgrade(usable))
      return { request: usable, response: reply ?? usable.res };
    throw without(
      "of this GraphQL operation (`req` or `request` of its context). Operations over a socket, such as subscriptions, have none",
    );
  }
  if (type === "ws") {
    const client = context.switchToWs().getClient();
    if (isRequest(client?.request)) return { request: client.request };
    throw without(
      "of this socket's handshake. With platform-ws, keep it in the gateway: handleConnection(client, request) { client.request = request; }",
    );
  }
  throw without(`in a context of the type ${JSON.stringify(type)}`);
}

const without = (where: string) =>
  new FluxError(
    "facts_invalid",
    `FluxGuard needs the HTTP request, and found none ${where}. Nothing passes undecided: put it there, or override getRequestResponse of FluxGuard.`,
  );

function isRequest(value: unknown): value is GuardedRequest {
  const { method, url, headers } = Object(value);
  return typeof method === "string" && typeof url === "string" && typeof headers === "object";
}

/**
 * What Fastify has wrapped; `undefined` where the request is that of `node:http` itself: an app of Express may
 * keep something else there, such as a body that a client has written like a request.
 */
export function rawOf(request: GuardedRequest): GuardedRequest | undefined {
  const given: object = request;
  if (given instanceof IncomingMessage || given instanceof Http2ServerRequest) return undefined;
  return isRequest(request.raw) ? request.raw : undefined;
}

/** Whether the request has become a socket: what comes over it afterwards is no part of it. */
export function isUpgrade(request: GuardedRequest): boolean {
  return (rawOf(request) ?? request).upgrade === true;
}

/**
 * The facts of a request that a route of Express or Fastify leads to its handler.
 * @param partial whether this is one of several parts of it, each answered for itself.
 */
export function routeFacts(request: GuardedRequest, partial = false): Facts {
  const raw = rawOf(request);
  if (raw === undefined) return factsFromExpress(request, { partial });
  const pattern = request.routeOptions?.url;
  return factsFromFastify(
    { raw, ip: request.ip, routeOptions: request.routeOptions },
    { pattern, partial },
  );
}
