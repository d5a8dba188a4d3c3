import type { IncomingMessage } from "node:http";
import type { Facts, HeadersLike } from "./facts.ts";

/**
 * The headers of which Node keeps the first and silently drops the others, and by which Flux decides.
 * Those that Node joins with commas need no care: joined values are never a valid single one.
 */
const singular = ["authorization", "host"] as const;

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

type HeaderRecord = Readonly<Record<string, string | readonly string[] | undefined>>;

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

  get method(): string {
    return this.#request.method ?? "GET";
  }

  get originalMethod(): string | undefined {
    return this.#request.originalMethod;
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

/** Node's record of the headers; where a singular one was repeated, a copy that shows all its values. */
function withRepeated(request: IncomingMessage): HeadersLike {
  let headers: HeaderRecord = request.headers;
  for (const name of singular) {
    if (request.headers[name] === undefined || countRaw(request.rawHeaders, name) < 2) continue;
    headers = { ...headers, [name]: valuesOf(request.rawHeaders, name) };
  }
  return withAuthority(headers);
}

/**
 * HTTP/2 names the host in `:authority` (RFC 9113 §8.3.1). Where a `host` says something else as well, both
 * are shown: which one an app goes by would be a guess.
 */
function withAuthority(headers: HeaderRecord): HeadersLike {
  const { ":authority": authority, host } = headers;
  if (typeof authority !== "string" || host === authority) return headers;
  return { ...headers, host: host === undefined ? authority : [authority, host].flat() };
}

/** `rawHeaders` holds names and values in turn. */
function countRaw(raw: readonly string[], name: string): number {
  let count = 0;
  for (let index = 0; index < raw.length; index += 2)
    if (isNamed(raw[index] as string, name)) count++;
  return count;
}

function valuesOf(raw: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let index = 0; index < raw.length; index += 2)
    if (isNamed(raw[index] as string, name)) values.push(raw[index + 1] as string);
  return values;
}

function isNamed(candidate: string, name: string): boolean {
  return (
    candidate.length === name.length && (candidate === name || candidate.toLowerCase() === name)
  );
}

/** Where the path of an absolute target begins. */
function endOfAuthority(target: string): number {
  const scheme = target.indexOf("://");
  if (scheme === -1) return 0;
  for (let index = scheme + 3; index < target.length; index++)
    if ("/?#".includes(target[index] as string)) return index;
  return target.length;
}
