/**
 * Reading a request target safely (RFC 9112 §3.2). Frameworks disagree on what a path means once it
 * holds escapes, double slashes or matrix parameters; what no two of them need agree on is refused
 * here, and of the rest every reading is listed (`spellings.ts`).
 */

/** A request target that cannot be read safely: a `bad_request`. */
export class Unreadable {
  /** A sentence for the caller; holds nothing of the target. */
  readonly detail: string;

  constructor(detail: string) {
    this.detail = detail;
  }
}

/** The longest path that is read: its characters and its segments. */
export const targetBounds = { characters: 8192, segments: 256 } as const;

/** Why a target is unreadable. */
export const unreadable = {
  form: new Unreadable('The request target must be a path from "/" or an absolute http(s) URL.'),
  authority: new Unreadable("The authority of the request target is malformed."),
  characters: new Unreadable(`The path is longer than ${targetBounds.characters} characters.`),
  segments: new Unreadable(`The path has more than ${targetBounds.segments} segments.`),
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
 * Where the path begins in a target: 0, or after the authority of an absolute URL.
 * @returns -1 where there is no path, or none that can be told safely.
 */
export function pathStart(target: string): number {
  if (target.charCodeAt(0) === slash) return 0;
  const start = authorityStart(target);
  if (start === -1) return -1;
  const end = authorityEnd(target, start);
  return target.charCodeAt(end) === slash ? end : -1;
}

/** Where the path ends: before the query, or with the target. */
export function pathEnd(target: string, start: number): number {
  const query = target.indexOf("?", start);
  return query === -1 ? target.length : query;
}

/**
 * For each ASCII character that every framework reads alike, its lower case; 0 for those with
 * several readings or none.
 */
export const plainFolded = new Uint8Array(128);
for (let code = 0x21; code < 0x7f; code++)
  plainFolded[code] = code >= 0x41 && code <= 0x5a ? code | 0x20 : code;
for (const character of "%;#\\?") plainFolded[character.charCodeAt(0)] = 0;

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
  if (path.length > targetBounds.characters) return unreadable.characters;
  let segments = 0;
  for (let index = 0; index < path.length; index++) {
    const code = path.charCodeAt(index);
    if (code > 0x7e || code <= 0x20) return unreadableCharacter(code);
    if (code === slash && ++segments > targetBounds.segments) return unreadable.segments;
    if (code === hash) return unreadable.fragment;
    if (code === backslash) return unreadable.backslash;
  }
  return path;
}

/** `http://host` alone stands for its root; anything else without a path is refused. */
function pathlessTarget(target: string): string | Unreadable {
  const start = authorityStart(target);
  if (start === -1) return unreadable.form;
  return authorityEnd(target, start) === target.length ? "/" : unreadable.authority;
}

function unreadableCharacter(code: number): Unreadable {
  if (code === 0) return unreadable.nul;
  if (code === 0x20) return unreadable.space;
  return code < 0x20 || code === 0x7f ? unreadable.control : unreadable.nonAscii;
}

/** Where the authority of an `http://` or `https://` URL begins, or -1. */
function authorityStart(target: string): number {
  if (target.startsWith("https://")) return "https://".length;
  if (target.startsWith("http://")) return "http://".length;
  return /^https?:\/\//i.test(target) ? target.indexOf("//") + 2 : -1;
}

/**
 * Where a host, or an IPv6 address in brackets, and a port end; -1 where there is no host. No user
 * information: `http://a@b/` names a host in two ways. Of a host that is malformed, parsers take the
 * rest for the path: to Node's `url.parse`, and so to Express, that of `http://a:b/c` is `/:b/c`.
 */
function authorityEnd(target: string, start: number): number {
  let index = start;
  if (target.charCodeAt(index) === openBracket) {
    while (isAddressCharacter(target.charCodeAt(++index)));
    if (index === start + 1 || target.charCodeAt(index++) !== closeBracket) return -1;
  } else {
    while (isHostCharacter(target.charCodeAt(index))) index++;
    if (index === start) return -1;
  }
  if (target.charCodeAt(index) === colon) while (isDigit(target.charCodeAt(++index)));
  return index;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isHostCharacter(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    isDigit(code) ||
    code === 0x2d ||
    code === 0x2e ||
    code === 0x5f
  );
}

/** Of an IPv6 address: hexadecimal digits, colons, and the dots of an IPv4 address inside. */
function isAddressCharacter(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x3a) ||
    (code >= 0x61 && code <= 0x66) ||
    (code >= 0x41 && code <= 0x46) ||
    code === 0x2e
  );
}

const slash = 0x2f;
const dot = 0x2e;
const hash = 0x23;
const backslash = 0x5c;
const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;
