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

/**
 * The facts of a request of Node's `http` or `http2`, and of the frameworks that extend it. Nothing
 * is computed before it is asked for.
 * @param readIp the client's address as the framework knows it; default: the other end of the connection.
 * @param pattern the full pattern that the framework matched, where it is known.
 * @param routedUrl the target that leads to the handler, where the framework itself rewrites targets;
 *   default: what Express's `baseUrl` and `url` say.
 * @param sentUrl the target as it was sent, where the framework keeps it apart from the request (Koa).
 */
export function factsFromNode<R extends IncomingMessage>(
  request: R,
  readIp?: (request: R) => string | undefined,
  pattern?: string,
  routedUrl?: string,
  sentUrl?: string,
): Facts {
  return new NodeFacts(request, readIp as ReadIp | undefined, pattern, routedUrl, sentUrl);
}

type HeaderRecord = Readonly<Record<string, string | readonly string[] | undefined>>;
type ReadIp = (request: NodeRequest) => string | undefined;

class NodeFacts implements Facts {
  readonly #request: NodeRequest;
  readonly #readIp: ReadIp | undefined;
  readonly pattern: string | undefined;
  readonly #routedUrl: string | undefined;
  readonly #sentUrl: string | undefined;
  #headers: HeadersLike | undefined = undefined;

  constructor(
    request: NodeRequest,
    readIp: ReadIp | undefined,
    pattern: string | undefined,
    routedUrl: string | undefined,
    sentUrl: string | undefined,
  ) {
    this.#request = request;
    this.#readIp = readIp;
    this.pattern = pattern;
    this.#routedUrl = routedUrl;
    this.#sentUrl = sentUrl;
  }

  get method(): string {
    return this.#request.method ?? "GET";
  }

  get originalMethod(): string | undefined {
    return this.#request.originalMethod;
  }

  get url(): string {
    return this.#request.originalUrl ?? this.#sentUrl ?? this.#request.url ?? "/";
  }

  /** Express cuts the path that a router is mounted at off its `url`; Connect does not say what it cut off. */
  get routedUrl(): string | undefined {
    if (this.#routedUrl !== undefined) return this.#routedUrl;
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
    return this.#readIp?.(this.#request) ?? this.peer;
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
