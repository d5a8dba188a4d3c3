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
export function withRepeated({ headers, rawHeaders }: NodeHeaders): HeadersLike {
  return withAuthority(mayRepeat(rawHeaders) ? repeatedOf(headers, rawHeaders) : headers);
}

/** Whether two names look like one of the singular ones: hardly ever, and told at a glance. */
function mayRepeat(rawHeaders: readonly string[]): boolean {
  let authorizations = 0;
  let hosts = 0;
  // Names and values in turn.
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === "host".length) hosts++;
    // `Cache-Control` and `If-None-Match` are as long, and come together; 0x20 tells lower case.
    else if (name.length === "authorization".length && (name.charCodeAt(0) | 0x20) === 0x61)
      authorizations++;
  }
  return authorizations > 1 || hosts > 1;
}

function repeatedOf(headers: HeaderRecord, rawHeaders: readonly string[]): HeaderRecord {
  let shown = headers;
  for (const name of singular) {
    const values = valuesOf(rawHeaders, name);
    if (values.length > 1) shown = { ...shown, [name]: values };
  }
  return shown;
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
  for (let index = 0; index < raw.length; index += 2) {
    const candidate = raw[index] as string;
    if (candidate.length === name.length && candidate.toLowerCase() === name)
      values.push(raw[index + 1] as string);
  }
  return values;
}
