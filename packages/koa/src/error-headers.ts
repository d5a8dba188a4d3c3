import { applyHeaders } from "@flux/core/node";
import type { Context } from "koa";

/**
 * Koa answers an error with the headers that the error carries, and drops all others of the response. While
 * it looks at the error, those named here are among them; the error's own come first.
 * @param names of headers, as far as the response still has them by then.
 */
export function keepOnError(ctx: Context, names: readonly string[]): void {
  if (names.length === 0) return;
  const { onerror } = ctx;
  ctx.onerror = (error: Error & { headers?: Headers }) => {
    if (typeof error !== "object" || error === null) return onerror.call(ctx, error);
    const own = error.headers;
    // An app may throw the same error for many requests: what is one's own must not stay on it.
    Reflect.set(error, "headers", withKept(ctx, names, own));
    try {
      onerror.call(ctx, error);
    } finally {
      if (own === undefined) Reflect.deleteProperty(error, "headers");
      else Reflect.set(error, "headers", own);
    }
  };
}

type Headers = Readonly<Record<string, unknown>>;

function withKept({ res }: Context, names: readonly string[], own: Headers = {}): Headers {
  const headers: Record<string, unknown> = { ...own };
  /** A header's name as the error writes it. */
  const known = (name: string) =>
    Object.keys(headers).find((each) => each.toLowerCase() === name.toLowerCase()) ?? name;
  const kept: Record<string, string> = {};
  for (const name of names) {
    const value = res.getHeader(name);
    if (value !== undefined && headers[known(name)] === undefined) kept[name] = String(value);
  }
  applyHeaders(
    {
      headersSent: false,
      getHeader: (name) => headers[known(name)] as string | undefined,
      setHeader: (name, value) => {
        headers[known(name)] = value;
      },
    },
    kept,
  );
  return headers;
}
