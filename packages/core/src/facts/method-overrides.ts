import { type Facts, type HeadersLike, header } from "./facts.ts";

/** Where middleware looks for the method that a form could not send. */
const overrideHeaders = ["x-http-method-override", "x-http-method", "x-method-override"] as const;
const overrideParameter = "_method";

const none: readonly string[] = [];

/**
 * The other methods that a request may be routed by. Whether the app overrides methods at all is not
 * known here, so whatever could be honoured counts beside `facts.method`. As with Express's
 * `method-override`, only a POST can be overridden.
 * @returns distinct upper-case methods other than `facts.method`; an empty array, always the same, where there are none.
 */
export function methodOverrides(facts: Facts): readonly string[] {
  const { method, originalMethod = method } = facts;
  if (method !== "POST" && originalMethod !== "POST")
    return originalMethod === method ? none : [originalMethod];
  let methods: Set<string> | undefined;
  if (originalMethod !== method) methods = new Set([originalMethod]);
  if (mayOverride(facts.headers))
    for (const name of overrideHeaders) {
      const value = header(facts, name);
      if (value !== undefined) methods = addMethods(methods, value);
    }
  const query = facts.url.indexOf("?");
  if (query !== -1) methods = addFromQuery(methods, facts.url.slice(query + 1));
  methods?.delete(method);
  return methods === undefined || methods.size === 0 ? none : [...methods];
}

/** Hardly any request does: of Node's record it is told by three reads of fixed names. */
function mayOverride(headers: HeadersLike): boolean {
  if (typeof headers.get === "function") return true;
  const record = headers as Readonly<Record<string, unknown>>;
  return (
    record["x-http-method-override"] !== undefined ||
    record["x-http-method"] !== undefined ||
    record["x-method-override"] !== undefined
  );
}

/** A repeated header may come as an array or, from Node, as one line with commas. */
function addMethods(
  methods: Set<string> | undefined,
  value: string | readonly string[],
): Set<string> | undefined {
  const line = typeof value === "string" ? value : value.join(",");
  let all = methods;
  for (const part of line.split(",")) {
    const method = part.trim().toUpperCase();
    if (!/^[A-Z][A-Z_-]*$/.test(method)) continue;
    all ??= new Set();
    all.add(method);
  }
  return all;
}

function addFromQuery(methods: Set<string> | undefined, query: string): Set<string> | undefined {
  // An escape could spell the parameter's name.
  if (!query.includes("method") && !query.includes("%")) return methods;
  return addMethods(methods, new URLSearchParams(query).getAll(overrideParameter));
}
