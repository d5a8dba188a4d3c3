/** The headers of a request of Node's, with what Node hides of them. */
import type { HeadersLike } from "./facts.ts";

type HeaderRecord = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What is read of `http.IncomingMessage`. */
export interface NodeHeaders {
  readonly headers: HeaderRecord;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
}

/**
 * Node's record of the headers; where a singular one was repeated, a copy that shows all its values.
 *
 * Singular are those of which Node keeps the first and silently drops the others, and by which Flux decides:
 * `authorization` and `host`. Those that Node joins with commas need no care: joined values are never a valid
 * single one.
 */
export function withRepeated(request: NodeHeaders): HeadersLike {
  const { headers, rawHeaders } = request;
  let authorizations = 0;
  let hosts = 0;
  // Names and values in turn.
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (isNamed(name, "authorization")) authorizations++;
    else if (isNamed(name, "host")) hosts++;
  }
  if (authorizations < 2 && hosts < 2) return withAuthority(headers);
  const repeated: Record<string, readonly string[]> = {};
  if (authorizations > 1) repeated.authorization = valuesOf(rawHeaders, "authorization");
  if (hosts > 1) repeated.host = valuesOf(rawHeaders, "host");
  return withAuthority({ ...headers, ...repeated });
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
