import { type Facts, header } from "./facts.ts";

/** A cookie that stands there more than once (cookie tossing): which one counts would be a guess. */
export const repeatedCookie = Symbol("repeated cookie");

/**
 * One cookie's value as it came, without the quotes it may stand in (RFC 6265 §4.1.1, §5.4), or
 * `undefined` where the request has none.
 * @param name compared exactly: the names of cookies are case-sensitive.
 */
export function readCookie(facts: Facts, name: string): string | undefined | typeof repeatedCookie {
  const value = header(facts, "cookie");
  if (value === undefined) return undefined;
  if (typeof value === "string") return readFrom(value, name, undefined);
  let found: string | undefined;
  for (const line of value) {
    const next = readFrom(line, name, found);
    if (next === repeatedCookie) return repeatedCookie;
    found = next;
  }
  return found;
}

/**
 * One cookie's value as it came, without the quotes it may stand in; `undefined` where the request has none,
 * or has it more than once (which one counts would be a guess).
 * @param name compared exactly: the names of cookies are case-sensitive.
 */
export function cookie(facts: Facts, name: string): string | undefined {
  const value = readCookie(facts, name);
  return value === repeatedCookie ? undefined : value;
}

/** @param found the value that an earlier header gave. */
function readFrom(
  line: string,
  name: string,
  found: string | undefined,
): string | undefined | typeof repeatedCookie {
  let value = found;
  for (let from = 0; from < line.length; ) {
    const semicolon = line.indexOf(";", from);
    const end = semicolon === -1 ? line.length : semicolon;
    const equals = line.indexOf("=", from);
    if (equals === -1) return value;
    if (equals < end && isName(line, from, equals, name)) {
      if (value !== undefined) return repeatedCookie;
      value = unquoted(line, equals + 1, end);
    }
    from = end + 1;
  }
  return value;
}

function isName(line: string, start: number, end: number, name: string): boolean {
  const from = skipBlanks(line, start, end);
  const to = trimBlanks(line, from, end);
  return to - from === name.length && line.startsWith(name, from);
}

function unquoted(line: string, start: number, end: number): string {
  const from = skipBlanks(line, start, end);
  const to = trimBlanks(line, from, end);
  const quoted = to - from >= 2 && line[from] === '"' && line[to - 1] === '"';
  return quoted ? line.slice(from + 1, to - 1) : line.slice(from, to);
}

function skipBlanks(line: string, start: number, end: number): number {
  let index = start;
  while (index < end && isBlank(line.charCodeAt(index))) index++;
  return index;
}

function trimBlanks(line: string, start: number, end: number): number {
  let index = end;
  while (index > start && isBlank(line.charCodeAt(index - 1))) index--;
  return index;
}

/** Space and tab. */
function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
