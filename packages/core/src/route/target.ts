/**
 * Reading a request target safely (RFC 9112 §3.2). Frameworks disagree on what a path means once it
 * holds escapes, double slashes or matrix parameters; what no two of them need agree on is refused
 * here, and of the rest every reading is listed (`spellings.ts`).
 */

import { maximumCharacters, maximumSegments } from "./bounds.ts";
import { backslash, caseBit, dot, hash, question, slash, upperA, upperZ } from "./characters.ts";

/** A request target that cannot be read safely: a `bad_request`. */
export class Unreadable {
  /** A sentence for the caller; holds nothing of the target. */
  readonly detail: string;
  /** As of a match: nothing is asked for. */
  declare readonly only?: undefined;

  constructor(detail: string) {
    this.detail = detail;
  }
}

/** Why a target is unreadable. */
export const unreadable = {
  form: new Unreadable('The request target must be a path from "/" or an absolute http(s) URL.'),
  authority: new Unreadable("The authority of the request target is malformed."),
  characters: new Unreadable(`The path is longer than ${maximumCharacters} characters.`),
  segments: new Unreadable(`The path has more than ${maximumSegments} segments.`),
  nul: new Unreadable("The path holds a NUL character."),
  control: new Unreadable("The path holds a control character."),
  space: new Unreadable("The path holds a space that is not percent-encoded."),
  nonAscii: new Unreadable("The path holds a non-ASCII character that is not percent-encoded."),
  fragment: new Unreadable("The request target holds a fragment."),
  backslash: new Unreadable("The path holds a backslash."),
  escape: new Unreadable("The path holds a broken percent-encoding."),
  utf8: new Unreadable("The path holds a percent-encoding that is not valid UTF-8."),
  encodedSlash: new Unreadable("The path holds an encoded slash."),
  encodedBackslash: new Unreadable("The path holds an encoded backslash."),
  dots: new Unreadable("The path holds a dot segment."),
  parameter: new Unreadable("The path names a value in more than one way."),
} as const;

/**
 * The authority of an absolute URL: a host, or an IPv6 address in brackets, and a port. No user information:
 * `http://a@b/` names a host in two ways. Of a host that is malformed, parsers take the rest for the path: to
 * Node's `url.parse`, and so to Express, that of `http://a:b/c` is `/:b/c`.
 */
const authority = /https?:\/\/(?:\[[\d.:a-f]+\]|[\w.-]+)(?::\d*)?/iy;

/**
 * Where the path begins in a target: 0, or after the authority of an absolute URL.
 * @returns -1 where there is no path, or none that can be told safely.
 */
export function pathStart(target: string): number {
  if (target.charCodeAt(0) === slash) return 0;
  const end = authorityEnd(target);
  return target.charCodeAt(end) === slash ? end : -1;
}

/** Where the path ends: before the query, or with the target. */
export function pathEnd(target: string, start: number): number {
  const query = target.indexOf("?", start);
  return query === -1 ? target.length : query;
}

/**
 * What each ASCII character is in a path, for `RouteTape`, which writes these numbers out: 0 where it has several
 * readings or none, a "/" (0x2f) where a segment ends, 0x7f for a dot, and for any other its lower case and 0x100,
 * with 0x80 where it is upper case.
 */
export const kinds = Array<number>(128).fill(0);
const named = 0x100;
const upper = 0x80;
for (let code = 0x21; code < 0x7f; code++)
  kinds[code] = code >= upperA && code <= upperZ ? code | caseBit | upper | named : code | named;
for (const character of "%;#\\") kinds[character.charCodeAt(0)] = 0;
kinds[slash] = slash;
kinds[question] = slash;
kinds[dot] = 0x7f;

/** Whether the segment that begins at `start` is a dot segment, `end` being where it ends. */
export function isDotSegment(text: string, start: number, end: number): boolean {
  const length = end - start;
  return (
    text.charCodeAt(start) === dot &&
    (length === 1 || (length === 2 && text.charCodeAt(start + 1) === dot))
  );
}

/** The path of a target as it came, once it is sure that its plain characters can be read safely. */
export function readRawPath(target: string): string | Unreadable {
  const start = pathStart(target);
  if (start === -1) return pathlessTarget(target);
  const path = target.slice(start, pathEnd(target, start));
  if (path.length > maximumCharacters) return unreadable.characters;
  let segments = 0;
  for (let index = 0; index < path.length; index++) {
    const code = path.charCodeAt(index);
    if (code > 0x7e || code <= 0x20) return unreadableCharacter(code);
    if (code === slash && ++segments > maximumSegments) return unreadable.segments;
    if (code === hash) return unreadable.fragment;
    if (code === backslash) return unreadable.backslash;
  }
  return path;
}

/** `http://host` alone stands for its root; anything else without a path is refused. */
function pathlessTarget(target: string): string | Unreadable {
  if (!/^https?:\/\//i.test(target)) return unreadable.form;
  return authorityEnd(target) === target.length ? "/" : unreadable.authority;
}

/** Where the authority of an `http://` or `https://` URL ends; -1 where there is none, or one that is malformed. */
function authorityEnd(target: string): number {
  authority.lastIndex = 0;
  return authority.test(target) ? authority.lastIndex : -1;
}

function unreadableCharacter(code: number): Unreadable {
  if (code === 0) return unreadable.nul;
  if (code === 0x20) return unreadable.space;
  return code < 0x20 || code === 0x7f ? unreadable.control : unreadable.nonAscii;
}
