/** The headers of a request of Node's, with what Node hides of them. */
import type { HeadersLike } from "./facts.ts";

type HeaderRecord = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What is read of `http.IncomingMessage`. */
export interface NodeHeaders {
  readonly headers: HeaderRecord;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
}

const singular = ["authorization", "host"] as const;

/**
 * Node's record of the headers; where a singular one was repeated, a copy that shows all its values.
 *
 * Singular are those of which Node keeps the first and silently drops the others, and by which Flux decides:
 * `authorization` and `host`. Those that Node joins with commas need no care: joined values are never a valid
 * single one.
 */
export function withRepeated(request: NodeHeaders): HeadersLike {
  const { headers, rawHeaders } = request;
  if (!mayRepeat(rawHeaders)) return withAuthority(headers);
  const repeated: Record<string, readonly string[]> = {};
  for (const name of singular) {
    const values = valuesOf(rawHeaders, name);
    if (values.length > 1) repeated[name] = values;
  }
  return withAuthority({ ...headers, ...repeated });
}

/** Whether two names look like one of the singular ones: hardly ever, and told at a glance. */
function mayRepeat(rawHeaders: readonly string[]): boolean {
  let authorizations = 0;
  let hosts = 0;
  // Names and values in turn.
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (looksLike(name, "authorization")) authorizations++;
    else if (looksLike(name, "host")) hosts++;
  }
  return authorizations > 1 || hosts > 1;
}

/** Whether it has the length and the first letter, in either case, of a name in lower case. */
function looksLike(candidate: string, name: string): boolean {
  return (
    candidate.length === name.length && (candidate.charCodeAt(0) | 0x20) === name.charCodeAt(0)
  );
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

/** @param name in lower case. */
function valuesOf(raw: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let index = 0; index < raw.length; index += 2)
    if ((raw[index] as string).toLowerCase() === name) values.push(raw[index + 1] as string);
  return values;
}
