import type { Facts } from "@flux/core";
import { factsFromWeb } from "@flux/core/web";
import type { Context } from "hono";
import type { GetConnInfo } from "hono/conninfo";
import { matchedRoutes } from "hono/route";
import { findTargetHandler, isMiddleware } from "hono/utils/handler";
import { getPath } from "hono/utils/url";

/** The facts of Hono's request. Nobody asks the runtime for the address unless a limit does. */
export function factsOf(context: Context, connInfo: GetConnInfo | undefined): Facts {
  return factsFromWeb(context.req.raw, {
    get ip() {
      return connInfo?.(context).remote.address;
    },
    pattern: patternOf(context),
    routedUrl: routedUrl(context),
  });
}

/**
 * The pattern of the handler that ends the request: Hono has found all that match before the first
 * of them runs. What takes no `next` ends it.
 */
function patternOf(context: Context): string | undefined {
  const routes = matchedRoutes(context).slice(context.req.routeIndex);
  const route = routes.find(({ handler }) => !isMiddleware(findTargetHandler(handler)));
  if (route === undefined) return undefined;
  // A wildcard stands for many paths: it says less than the request's own. But a handler for every method is
  // one that a preflight would reach, too.
  const isReached = context.req.method === "OPTIONS" && route.method === "ALL";
  if (route.path.includes("*") && !isReached) return undefined;
  // What answers preflights is no handler to be guarded, but where the guard itself stands on its route.
  const isCors = route.method === "OPTIONS" && routes[0]?.method === "ALL";
  return isCors ? undefined : route.path;
}

/** The path that leads to the handler, where the app's own `getPath` made another one of the request. */
function routedUrl({ req: { path, raw } }: Context): string | undefined {
  const own = getPath(raw);
  // Without `strict` Hono takes a trailing slash off.
  if (path === own || `${path}/` === own) return undefined;
  // Routes are matched by it as it is: what it holds is not an escape, nor the start of a query.
  return encodeURI(path).replace(/[?#]/g, encodeURIComponent);
}
