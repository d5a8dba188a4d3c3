/** Route keys as the config writes them: `POST /exports`, `GET /reports/:id`, `* /internal/*rest`. */

/** One segment of a pattern's path. A literal's text is percent-decoded. */
export type PatternSegment =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "parameter"; readonly name: string }
  | { readonly kind: "rest"; readonly name: string };

export interface RoutePattern {
  /** An upper-case method, or `*` for every method. */
  readonly method: string;
  /** The path as it was written. */
  readonly path: string;
  /** Empty for `/`; a `rest` segment only ever stands last. */
  readonly segments: readonly PatternSegment[];
}

const methodToken = /^[A-Z][A-Z0-9_-]*$/;
const plainName = /^[A-Za-z_]\w*/;
/** Control characters, told by all others: a linter refuses them in an expression. */
const control = /[^ -~\u0080-\uffff]/;

/**
 * Reads a route key.
 * @returns the pattern, or a sentence that says what is wrong and what to write instead.
 */
export function parseRouteKey(key: string): RoutePattern | string {
  const [method = "", path, more] = key.split(" ");
  if (path?.[0] !== "/" || more !== undefined)
    return 'Expected a method, one space and a path from "/", e.g. "GET /reports/:id".';
  if (method !== "*" && !methodToken.test(method)) {
    const upper = method.toUpperCase();
    return methodToken.test(upper)
      ? `Methods are upper-case: write "${upper} ${path}".`
      : 'Expected an upper-case method or "*", e.g. "GET /reports/:id".';
  }
  const segments = parsePatternPath(path);
  return typeof segments === "string" ? segments : { method, path, segments };
}

/** Reads the path of a pattern into its segments; a string says what is wrong. */
export function parsePatternPath(path: string): PatternSegment[] | string {
  if (path[0] !== "/") return 'Expected a path from "/".';
  if (path === "/") return [];
  const segments: PatternSegment[] = [];
  const parts = path.slice(1).split("/");
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    if (part === "")
      return last
        ? `A pattern covers its path with and without a trailing slash: write "${path.replace(/\/+$/, "") || "/"}".`
        : `The path has an empty segment: write "${path.replace(/\/{2,}/g, "/")}".`;
    const segment = parseSegment(part);
    if (typeof segment === "string") return `"${part}": ${segment}`;
    if (segment.kind === "rest" && !last)
      return `"*${segment.name}" takes all the rest, so it must stand last; for one segment write ":${segment.name}".`;
    segments.push(segment);
  }
  return segments;
}

/** A string says what is wrong. */
function parseSegment(part: string): PatternSegment | string {
  const name = part.slice(1);
  const plain = plainName.exec(name)?.[0];
  if (part[0] === ":")
    return name === plain
      ? { kind: "parameter", name }
      : `a parameter takes a whole segment and has a plain name, without optional marks or regular expressions; write ":${plain ?? "name"}".`;
  if (part[0] === "*")
    return name === plain
      ? { kind: "rest", name }
      : 'the rest of a path needs a plain name; write "*rest".';
  return parseLiteral(part);
}

function parseLiteral(part: string): PatternSegment | string {
  if (/[{}[\]<>]/.test(part))
    return 'write ":name" for one segment and "*name" for the rest; an optional part is a route of its own.';
  if (/[:*]/.test(part))
    return '":name" and "*name" take a whole segment; for the character itself write "%3A" or "%2A".';
  if (/[?#\\\s]/.test(part) || control.test(part))
    return "a literal holds no query, fragment, backslash, space or control character; percent-encode what belongs to the path.";
  let text: string;
  try {
    text = decodeURIComponent(part);
  } catch {
    return 'the percent-encoding is broken; write "%25" for a percent sign.';
  }
  if (/[/\\]/.test(text) || control.test(text))
    return "encoded slashes, backslashes and control characters are refused in requests, so this can never match.";
  if (/^\.{0,2}(?:;|$)/.test(text))
    return "dot segments and nameless segments are refused in requests, so this can never match.";
  return { kind: "literal", text };
}
