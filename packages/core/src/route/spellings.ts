import { readRawPath, Unreadable, unreadable } from "./target.ts";

/** One reading of a path, spelt out. */
export interface Spelling {
  readonly path: string;
  /** How often it was percent-decoded: 0, 1 or 2. */
  readonly decoded: number;
  /**
   * Whether a request is `unmatched` where this reading matches nothing. Not so where the reading is
   * only what a strict router makes of the proper way to write a path: a trailing slash, which a
   * pattern covers, or the escapes of characters that cannot be written without.
   */
  readonly decisive: boolean;
}

/**
 * Every reading of a request target's path, but for case: as it came, percent-decoded in part, in
 * full and twice; with matrix parameters, without, and cut at the first; with and without double
 * slashes; with and without a trailing slash. Costs a few strings, but for plain paths.
 */
export function spellingsOf(target: string): readonly Spelling[] | Unreadable {
  const raw = readRawPath(target);
  if (raw instanceof Unreadable) return raw;
  if (!severalReadings.test(raw)) return [{ path: raw, decoded: 0, decisive: true }];
  const problem = unreadableEscape(raw);
  if (problem !== undefined) return problem;
  const spellings = new Map<string, Spelling>();
  for (const base of matrixForms(raw)) {
    // Where the only characters escaped are those that a path cannot hold otherwise, it is properly written.
    const escaped = base.includes("%");
    const decisive = !escaped || needlessEscape.test(base);
    addForms(spellings, base, 0, decisive);
    if (!escaped) continue;
    addForms(spellings, decodePartly(base), 0, decisive);
    const once = decodeURIComponent(base);
    addForms(spellings, once, 1, true);
    if (once.includes("%")) addForms(spellings, decodeLeniently(once), 2, true);
  }
  for (const { path } of spellings.values()) if (hasDotSegment(path)) return unreadable.dots;
  return [...spellings.values()];
}

/** An escape, a matrix parameter, an empty or a dot segment, a trailing slash: what the forms below differ in. */
const severalReadings = /[%;]|\/[/.]|.\/$/;

function addForms(
  spellings: Map<string, Spelling>,
  text: string,
  decoded: number,
  decisive: boolean,
): void {
  for (const form of matrixForms(text)) {
    addTrailing(spellings, form, decoded, decisive);
    if (form.includes("//"))
      addTrailing(spellings, form.replace(/\/{2,}/g, "/"), decoded, decisive);
  }
}

function addTrailing(
  spellings: Map<string, Spelling>,
  path: string,
  decoded: number,
  decisive: boolean,
): void {
  const trailing = path.length > 1 && path.endsWith("/");
  if (trailing) add(spellings, { path: path.slice(0, -1), decoded, decisive });
  add(spellings, { path, decoded, decisive: decisive && !trailing });
}

function add(spellings: Map<string, Spelling>, spelling: Spelling): void {
  const known = spellings.get(spelling.path);
  if (known === undefined || (spelling.decisive && !known.decisive))
    spellings.set(spelling.path, spelling);
}

/** With matrix parameters, without those of each segment, and cut at the first ";". */
function matrixForms(path: string): readonly string[] {
  const semicolon = path.indexOf(";");
  return semicolon === -1 ? [path] : [path, path.replace(/;[^/]*/g, ""), path.slice(0, semicolon)];
}

/** What no reading may hold, however often it is decoded. */
function unreadableEscape(raw: string): Unreadable | undefined {
  if (!raw.includes("%")) return undefined;
  if (/%(?![0-9a-f]{2})/i.test(raw)) return unreadable.escape;
  let once: string;
  try {
    once = decodeURIComponent(raw);
  } catch {
    return unreadable.utf8;
  }
  return forbiddenEscape(raw) ?? (once.includes("%") ? forbiddenEscape(once) : undefined);
}

function forbiddenEscape(path: string): Unreadable | undefined {
  const digits = /%(2f|5c|[01][0-9a-f]|7f)/i.exec(path)?.[1]?.toLowerCase();
  if (digits === undefined) return undefined;
  if (digits === "2f") return unreadable.encodedSlash;
  if (digits === "5c") return unreadable.encodedBackslash;
  return digits === "00" ? unreadable.nul : unreadable.control;
}

/** What Fastify and Hono match: escapes of reserved characters and of "%" stay. */
function decodePartly(path: string): string {
  return decodeURI(path.includes("%25") ? path.replaceAll("%25", "%2525") : path);
}

/** Decodes what can be; a "%" that was encoded once is often meant. */
function decodeLeniently(path: string): string {
  return path.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}

/** Of all but those that a path cannot hold otherwise (RFC 3986 §3.3): non-ASCII, space, `"#%<>?[]^`, the backtick and `{|}`. */
const needlessEscape = /%(?![89a-f]|2[0235]|3[cef]|5[bde]|60|7[bcd])/i;

/** "." or "..", with or without matrix parameters. */
function hasDotSegment(path: string): boolean {
  return path.includes("/.") && /\/\.{1,2}(?:;[^/]*)?(?:\/|$)/.test(path);
}
