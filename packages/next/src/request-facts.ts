import type { Facts } from "@flux/core";
import { factsFromWeb } from "@flux/core/web";

/** What is used of a `NextRequest`; a handler that Next calls with a plain `Request` has no `nextUrl`. */
interface RequestOfNext {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly nextUrl?: { readonly pathname: string; readonly search: string } | undefined;
}

/**
 * The facts of a request as Next gives it. Next routes by a path without `basePath` and locale: where that
 * is another one, the config's entries for both hold.
 */
export function factsOfRequest(request: RequestOfNext): Facts {
  const { nextUrl } = request;
  if (nextUrl === undefined) return factsFromWeb(request);
  const path = nextUrl.pathname + nextUrl.search;
  return request.url.endsWith(path) && isWholePath(request.url, path)
    ? factsFromWeb(request)
    : factsFromWeb(request, { routedUrl: path });
}

/** Whether a path stands directly behind the authority of a URL. */
function isWholePath(url: string, path: string): boolean {
  return url.indexOf("/", url.indexOf("://") + 3) === url.length - path.length;
}

/** The facts of what has no path of its own: a server action or a component. */
export function factsOfHeaders(method: string, headers: Headers): Facts {
  return factsFromWeb({ method, url: "/", headers }, { detached: true });
}
