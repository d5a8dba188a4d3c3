import type { IncomingMessage } from "node:http";
import type { Facts, HeadersLike } from "./facts.ts";
import { withRepeated } from "./node-headers.ts";

/** What Express and Connect (`originalUrl`), Express (`baseUrl`) and `method-override` (`originalMethod`) add to Node's request. */
type NodeRequest = IncomingMessage & {
  readonly originalUrl?: string | undefined;
  readonly baseUrl?: string | undefined;
  readonly originalMethod?: string | undefined;
};

/** What an adapter knows of a request beside the request itself. */
export interface NodeSurroundings<R extends IncomingMessage> {
  /** The client's address as the framework knows it; default: the other end of the connection. */
  readonly readIp?: ((request: R) => string | undefined) | undefined;
  /** The full pattern that the framework matched. */
  readonly pattern?: string | undefined;
  /**
   * The target that leads to the handler, where the framework itself rewrites targets; default: what Express's
   * `baseUrl` and `url` say.
   */
  readonly routedUrl?: string | undefined;
  /** The target may be only what a mount has left of it. */
  readonly mounted?: boolean | undefined;
  /** The method of the route that was matched, where something may have changed the request's since. */
  readonly routedMethod?: string | undefined;
  /** The target as it was sent, where the framework keeps it apart from the request (Koa). */
  readonly sentUrl?: string | undefined;
  /** This is one of several parts of a request, each answered for itself. */
  readonly partial?: boolean | undefined;
}

const nothing = Object.freeze({});

/**
 * The facts of a request of Node's `http` or `http2`, and of the frameworks that extend it. Nothing
 * is computed before it is asked for.
 */
export function factsFromNode<R extends IncomingMessage>(
  request: R,
  known: NodeSurroundings<R> = nothing,
): Facts {
  return new NodeFacts(request, known as NodeSurroundings<NodeRequest>);
}

/** What is read of Express's request. */
export interface ExpressRequest extends IncomingMessage {
  /** The client's address, by Express's `trust proxy`. */
  readonly ip?: string | undefined;
  /** What `request.url` lacks of the path: where its router is mounted. */
  readonly baseUrl?: string | undefined;
  /** The route that has matched, if one has. */
  readonly route?: { readonly path?: unknown } | undefined;
}

/** The facts of a request of Express (5.x), by its own view of the client, and of the route that matched. */
export function factsFromExpress(
  request: ExpressRequest,
  known: Pick<NodeSurroundings<ExpressRequest>, "partial"> = nothing,
): Facts {
  const { route, baseUrl = "" } = request;
  // The route's own pattern, below the path that its router is mounted at.
  const pattern = typeof route?.path === "string" ? baseUrl + route.path : undefined;
  return factsFromNode(request, { readIp: expressIp, pattern, partial: known.partial });
}

const expressIp = (request: ExpressRequest) => request.ip;

/** What is read of Fastify's request. */
export interface FastifyRequestLike {
  readonly raw: IncomingMessage;
  readonly routeOptions?: { readonly method?: string | readonly string[] | undefined } | undefined;
  /** The client's address, by Fastify's `trustProxy`. */
  readonly ip?: string | undefined;
}

/** The facts of a request of Fastify (5.x), by its own view of the client, and its `rewriteUrl`. */
export function factsFromFastify(
  request: FastifyRequestLike,
  known: Pick<NodeSurroundings<IncomingMessage>, "pattern" | "partial">,
): Facts {
  const raw: NodeRequest = request.raw;
  const { originalUrl = raw.url, url } = raw;
  const method = request.routeOptions?.method;
  return factsFromNode(raw, {
    readIp: () => request.ip,
    pattern: known.pattern,
    // A hook or a middleware may have written another one on the request: the handler is this one's.
    routedMethod: typeof method === "string" && method !== raw.method ? method : undefined,
    // What `rewriteUrl` has made of the target is what Fastify has routed by.
    routedUrl: url === originalUrl ? undefined : url,
    partial: known.partial,
  });
}

class NodeFacts implements Facts {
  readonly #request: NodeRequest;
  readonly #known: NodeSurroundings<NodeRequest>;
  #headers: HeadersLike | undefined = undefined;

  constructor(request: NodeRequest, known: NodeSurroundings<NodeRequest>) {
    this.#request = request;
    this.#known = known;
  }

  get pattern(): string | undefined {
    return this.#known.pattern;
  }

  get partial(): boolean | undefined {
    return this.#known.partial;
  }

  get mounted(): boolean | undefined {
    return this.#known.mounted;
  }

  get method(): string {
    return this.#request.method ?? "GET";
  }

  get originalMethod(): string | undefined {
    return this.#request.originalMethod ?? this.#known.routedMethod;
  }

  get url(): string {
    return this.#request.originalUrl ?? this.#known.sentUrl ?? this.#request.url ?? "/";
  }

  /** Express cuts the path that a router is mounted at off its `url`; Connect does not say what it cut off. */
  get routedUrl(): string | undefined {
    if (this.#known.routedUrl !== undefined) return this.#known.routedUrl;
    const { originalUrl, baseUrl, url } = this.#request;
    if (url === originalUrl || baseUrl === undefined || url === undefined) return undefined;
    // Of an absolute target Express cuts the mounted path out behind the authority.
    const authority = url.startsWith("/") ? 0 : endOfAuthority(url);
    const routed = url.slice(0, authority) + baseUrl + url.slice(authority);
    return routed === originalUrl ? undefined : routed;
  }

  get headers(): HeadersLike {
    this.#headers ??= withRepeated(this.#request);
    return this.#headers;
  }

  get ip(): string | undefined {
    return this.#known.readIp?.(this.#request) ?? this.peer;
  }

  get peer(): string | undefined {
    return this.#request.socket?.remoteAddress;
  }
}

/** Where the path of an absolute target begins. */
function endOfAuthority(target: string): number {
  const scheme = target.indexOf("://");
  if (scheme === -1) return 0;
  for (let index = scheme + 3; index < target.length; index++)
    if ("/?#".includes(target[index] as string)) return index;
  return target.length;
}
