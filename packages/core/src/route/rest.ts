/** Handlers whose pattern ends in a rest, of which a config may divide the paths. */
import type { RoutePattern } from "./pattern.ts";

/**
 * What stands before the rest in a framework's pattern: `/files` of `/files/*`, `/files/*path`, `/files/{*path}`
 * and `/files{/*path}`; empty for `*`. `undefined` where the pattern ends otherwise, also in an expression.
 */
export function beforeRest(pattern: string): string | undefined {
  const slash = pattern.lastIndexOf("/");
  if (!/^[^:(]*\*[^:(]*$/.test(pattern.slice(slash + 1))) return undefined;
  return pattern.slice(0, Math.max(slash, 0)).replace(/\{$/, "");
}

/** Whether a pattern stands for some of the paths that a pattern with a rest takes, or is that pattern. */
export function divides(pattern: RoutePattern, rest: RoutePattern): boolean {
  const before = rest.segments.slice(0, -1);
  return (
    pattern.segments.length > before.length &&
    before.every((segment, index) => {
      const own = pattern.segments[index];
      if (segment.kind !== "literal") return own?.kind === segment.kind;
      return own?.kind === "literal" && own.text === segment.text;
    })
  );
}
