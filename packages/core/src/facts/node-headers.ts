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
 * The headers of which Node keeps the first and silently drops the others, and by which Flux decides.
 * Those that Node joins with commas need no care: joined values are never a valid single one.
 */
const singular = ["authorization", "host"] as const;

/** Node's record of the headers; where a singular one was repeated, a copy that shows all its values. */
export function withRepeated(request: NodeHeaders): HeadersLike {
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
