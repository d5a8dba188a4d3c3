const closing: Readonly<Record<string, string>> = { "{": "}", "(": ")" };

/**
 * A framework's pattern without what it asks of a parameter, and what it leaves optional: `/o/:id` of
 * `/o/:id{[0-9]+}` (Hono), `/o/:id(^[0-9]+$)` (Fastify), `/o{/:id}` (Koa, Express) and `/o/:id?`. So an
 * expression is not taken for part of a path, and the entry for the plain pattern is found.
 */
export function plainPattern(pattern: string): string {
  let plain = "";
  for (let i = 0; i < pattern.length; ) {
    const name = /^:[\w$]+/.exec(pattern.slice(i))?.[0];
    if (name !== undefined) {
      plain += name;
      i = endOfParameter(pattern, i + name.length);
    } else {
      const character = pattern[i] as string;
      // Braces around a part make it optional; a backslash takes the next character for itself.
      if (character === "\\") plain += pattern[i + 1] ?? "";
      else if (character !== "{" && character !== "}") plain += character;
      i += character === "\\" ? 2 : 1;
    }
  }
  return plain;
}

/** Behind a parameter's expression and the sign that makes it optional or repeated. */
function endOfParameter(pattern: string, from: number): number {
  let i = from;
  const opening = pattern[i] as string;
  const close = closing[opening];
  if (close !== undefined && !pattern.startsWith("{/", i)) {
    let depth = 0;
    do {
      if (pattern[i] === "\\") i++;
      else if (pattern[i] === opening) depth++;
      else if (pattern[i] === close) depth--;
      i++;
    } while (depth > 0 && i < pattern.length);
  }
  return /^[?+*]/.test(pattern.slice(i)) ? i + 1 : i;
}
