import { FluxError } from "../errors.ts";
import { maximumCharacters, maximumSegments } from "./bounds.ts";
import { slash } from "./characters.ts";
import { parsePatternPath } from "./pattern.ts";
import { spellingsOf } from "./spellings.ts";
import { isDotSegment, kinds, pathEnd, pathStart, Unreadable, unreadable } from "./target.ts";

/** The literals of a pattern in lower case; `undefined` stands for the parameter. */
type Wanted = readonly (string | undefined)[];

/**
 * Reads a path from which a value shall be read.
 * @param pattern as in `/t/:tenant`: literals and exactly one parameter.
 * @returns its segments, or what is wrong with it.
 */
function parsePathParameter(pattern: string): Wanted | string {
  const segments = parsePatternPath(pattern);
  if (typeof segments === "string") return segments;
  if (segments.some((segment) => segment.kind === "rest"))
    return 'The pattern stands for the beginning of a path, so it takes no "*rest": leave it out.';
  const wanted = segments.map((segment) =>
    segment.kind === "literal" ? segment.text.toLowerCase() : undefined,
  );
  return wanted.filter((literal) => literal === undefined).length === 1
    ? wanted
    : 'The path needs exactly one parameter, the value that is read, e.g. "/t/:tenant".';
}

/** What is wrong with a path from which a value shall be read, or `undefined`. */
export function pathParameterProblem(pattern: string): string | undefined {
  const parsed = parsePathParameter(pattern);
  return typeof parsed === "string" ? parsed : undefined;
}

/**
 * Compiles a reader for the value of a path's one parameter.
 * @param pattern as in `/t/:tenant`: whole segments from the start of the path; literals match whatever their case, as
 *   in Express, and any number of slashes counts as one.
 * @returns a function of the request target: the value, percent-decoded; `undefined` where the path
 *   does not begin so; `Unreadable` where the target cannot be read safely or its readings give several values.
 * @throws FluxError `config_invalid` for a pattern with which `pathParameterProblem` finds something wrong
 */
export function compilePathParameter(
  pattern: string,
): (url: string) => string | undefined | Unreadable {
  const wanted = parsePathParameter(pattern);
  if (typeof wanted === "string") throw new FluxError("config_invalid", wanted);
  return (url) => {
    const start = pathStart(url);
    const end = pathEnd(url, start);
    return start !== -1 && isPlain(url, start, end)
      ? readParameter(wanted, url, start, end)
      : readSpellings(wanted, url);
  };
}

/** Whether a path has one reading, but for case and empty segments. */
function isPlain(url: string, start: number, end: number): boolean {
  if (end - start > maximumCharacters) return false;
  let segments = 0;
  for (let index = start; index < end; index++) {
    const code = url.charCodeAt(index);
    if (code > 0x7f || kinds[code] === 0) return false;
    if (code !== slash) continue;
    if (++segments > maximumSegments) return false;
    if (isDotSegment(url, index + 1, segmentEnd(url, index + 1, end))) return false;
  }
  return true;
}

/** What stands at the parameter's place in the path between `start` and `end`. */
function readParameter(
  wanted: Wanted,
  text: string,
  start: number,
  end: number,
): string | undefined {
  let from = start;
  let value: string | undefined;
  for (const literal of wanted) {
    while (from < end && text.charCodeAt(from) === slash) from++;
    if (from === end) return undefined;
    const to = segmentEnd(text, from, end);
    const segment = text.slice(from, to);
    if (literal === undefined) value = segment;
    else if (segment !== literal && segment.toLowerCase() !== literal) return undefined;
    from = to;
  }
  return value;
}

/** Where the segment that begins at `start` ends, in a path that ends at `end`. */
function segmentEnd(text: string, start: number, end: number): number {
  const next = text.indexOf("/", start);
  return next === -1 || next > end ? end : next;
}

function readSpellings(wanted: Wanted, url: string): string | undefined | Unreadable {
  const spellings = spellingsOf(url);
  if (spellings instanceof Unreadable) return spellings;
  let value: string | undefined;
  for (const { path, decoded } of spellings) {
    const found = readParameter(wanted, path, 0, path.length);
    if (found === undefined) continue;
    const plain = decoded === 0 ? decodeURIComponent(found) : found;
    if (value !== undefined && value !== plain) return unreadable.parameter;
    value = plain;
  }
  return value;
}
