/**
 * What every stage may know of a request: all that an adapter hands over. It is read, never written;
 * an adapter may implement it with getters, so that what nobody asks for is never computed.
 */
export interface Facts {
  /** The request's method, e.g. `GET`. */
  readonly method: string;
  /** The method on the request line, where something has overridden it since (Express's `method-override`). */
  readonly originalMethod?: string | undefined;
  /** The request target: path and query as they came (`/reports/7?full=1`), or an absolute URL. */
  readonly url: string;
  /** The target that leads to the handler, where something has rewritten it since (Express's `request.url`). */
  readonly routedUrl?: string | undefined;
  /**
   * Whether `routedUrl` may be only what a mount has left of the target, and nobody can tell: then the rule for
   * unmatched requests holds where no route matches one of the two. Default: `false`.
   */
  readonly mounted?: boolean | undefined;
  /** A `Headers`, or a record with lower-case names as Node gives it; a repeated header may be an array. */
  readonly headers: HeadersLike;
  /** The client's address as the framework knows it. */
  readonly ip?: string | undefined;
  /** The address at the other end of the connection, from which `clientIp.trustedHops` counts; default: `ip`. */
  readonly peer?: string | undefined;
  /** The full pattern that the framework matched (`/reports/:id`, `/files/*`), where it is known. */
  readonly pattern?: string | undefined;
  /**
   * Whether no path leads to what is asked for, as with a server action or a job: no route of the config
   * is looked for, and a requirement decides alone. Default: `false`.
   */
  readonly detached?: boolean | undefined;
  /**
   * Whether this is one of several parts of a request that are answered each for itself, as the fields of a
   * GraphQL operation are: a denial gives back nothing of what the others were charged. Default: `false`.
   */
  readonly partial?: boolean | undefined;
}

export type HeadersLike =
  | { get(name: string): string | null }
  | { readonly [name: string]: string | readonly string[] | undefined };

/**
 * A header's value: a string, an array where it was repeated, or `undefined`.
 * @param name in lower case.
 */
export function header(facts: Facts, name: string): string | readonly string[] | undefined {
  const headers = facts.headers;
  if (typeof headers.get === "function") return headers.get(name) ?? undefined;
  const value = (headers as Record<string, unknown>)[name];
  if (typeof value === "string") return value;
  return Array.isArray(value) ? (value as readonly string[]) : undefined;
}

/** A header that must stand alone: its one value, or `undefined` where it is missing or repeated. */
export function singleHeader(facts: Facts, name: string): string | undefined {
  const value = header(facts, name);
  return typeof value === "string" ? value : value?.length === 1 ? value[0] : undefined;
}

/**
 * The path of a request as it was sent, without its query: `facts.url` is a path in some frameworks and a whole
 * URL in others. It is no safe name for a route: spellings are not unified.
 */
export function path({ url }: Facts): string {
  const scheme = url.startsWith("/") ? -1 : url.indexOf("://");
  const start = scheme === -1 ? 0 : url.indexOf("/", scheme + 3);
  const whole = start === -1 ? "/" : url.slice(start);
  const end = whole.search(/[?#]/);
  return end === -1 ? whole : whole.slice(0, end);
}
