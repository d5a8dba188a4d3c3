import { FluxError } from "../errors.ts";
import { type PatternSegment, parsePatternPath } from "./pattern.ts";
import { type Spelling, spellingsOf } from "./spellings.ts";
import {
  isDotSegment,
  pathEnd,
  pathStart,
  plainFolded,
  targetBounds,
  Unreadable,
  unreadable,
} from "./target.ts";

/**
 * What is wrong with a path from which a value shall be read, or `undefined`.
 * @param pattern as in `/t/:tenant`: literals and exactly one parameter.
 */
export function pathParameterProblem(pattern: string): string | undefined {
  const segments = parsePatternPath(pattern);
  if (typeof segments === "string") return segments;
  if (segments.some((segment) => segment.kind === "rest"))
    return 'The pattern stands for the beginning of a path, so it takes no "*rest": leave it out.';
  const parameters = segments.filter((segment) => segment.kind === "parameter").length;
  return parameters === 1
    ? undefined
    : 'The path needs exactly one parameter, the value that is read, e.g. "/t/:tenant".';
}

/**
 * Compiles a reader for the value of a path's one parameter.
 * @param pattern as in `/t/:tenant`: whole segments from the start of the path; literals match
 *   whatever their case, as in Express, and any number of slashes counts as one.
 * @returns a function of the request target: the value, percent-decoded; `undefined` where the path
 *   does not begin so; `Unreadable` where the target cannot be read safely or its readings give several values.
 * @throws FluxError `config_invalid` where `pathParameterProblem` finds one.
 */
export function compilePathParameter(
  pattern: string,
): (url: string) => string | undefined | Unreadable {
  const problem = pathParameterProblem(pattern);
  if (problem !== undefined) throw new FluxError("config_invalid", problem);
  const wanted = (parsePatternPath(pattern) as PatternSegment[]).map((segment) =>
    segment.kind === "literal" ? segment.text.toLowerCase() : undefined,
  );
  return (url) => {
    const start = pathStart(url);
    const end = start === -1 ? -1 : pathEnd(url, start);
    return start !== -1 && isPlain(url, start, end)
      ? readPlain(wanted, url, start, end)
      : readSpellings(wanted, url);
  };
}

/** The literals of a pattern in lower case; `undefined` stands for the parameter. */
type Wanted = readonly (string | undefined)[];

/** Whether a path has one reading, but for case and empty segments. */
function isPlain(url: string, start: number, end: number): boolean {
  if (end - start > targetBounds.characters) return false;
  let segments = 0;
  for (let index = start; index < end; index++) {
    const code = url.charCodeAt(index);
    if (code > 0x7f || plainFolded[code] === 0) return false;
    if (code !== slash) continue;
    if (++segments > targetBounds.segments) return false;
    const next = url.indexOf("/", index + 1);
    if (isDotSegment(url, index + 1, next === -1 || next > end ? end : next)) return false;
  }
  return true;
}

function readPlain(wanted: Wanted, url: string, start: number, end: number): string | undefined {
  let from = start;
  let value: string | undefined;
  for (const literal of wanted) {
    while (from < end && url.charCodeAt(from) === slash) from++;
    if (from === end) return undefined;
    const next = url.indexOf("/", from);
    const to = next === -1 || next > end ? end : next;
    const segment = url.slice(from, to);
    if (literal === undefined) value = segment;
    else if (segment !== literal && segment.toLowerCase() !== literal) return undefined;
    from = to;
  }
  return value;
}

function readSpellings(wanted: Wanted, url: string): string | undefined | Unreadable {
  const spellings = spellingsOf(url);
  if (spellings instanceof Unreadable) return spellings;
  let value: string | undefined;
  for (const spelling of spellings) {
    const found = readParameter(wanted, spelling);
    if (found === undefined) continue;
    if (value !== undefined && value !== found) return unreadable.parameter;
    value = found;
  }
  return value;
}

function readParameter(wanted: Wanted, spelling: Spelling): string | undefined {
  const segments = spelling.path.split("/").filter((segment) => segment !== "");
  let value: string | undefined;
  for (const [index, literal] of wanted.entries()) {
    const segment = segments[index];
    if (segment === undefined) return undefined;
    if (literal === undefined) value = segment;
    else if (segment.toLowerCase() !== literal) return undefined;
  }
  return value !== undefined && spelling.decoded === 0 ? decodeURIComponent(value) : value;
}

const slash = 0x2f;
