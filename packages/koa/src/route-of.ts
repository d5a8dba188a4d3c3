/** Which handler a request will get to: what Koa and its routers say, where the path alone does not tell. */
import { path as pathOfFacts } from "@flux/core";
import type { Context } from "koa";

/** What `koa-mount` and `@koa/router` leave on a context. */
interface RoutedContext {
  /** The path that the innermost mount cut off; it stays when the mount has been left. */
  readonly mountPath?: string;
  /** Read by `@koa/router` instead of the path. */
  readonly newRouterPath?: string;
  /** The path of the router's layer that runs now, or ran last. */
  readonly routerPath?: string | RegExp;
  /** The router's layers that match the path: routes, and middleware, which has no methods. */
  readonly matched?: readonly {
    readonly path: string | RegExp;
    readonly methods: readonly string[];
  }[];
}

export interface RouteOf {
  /** The full pattern of the route that is running. */
  readonly pattern: string | undefined;
  /** The target that leads to the handler, where it was rewritten. */
  readonly routedUrl: string | undefined;
  /** Whether it may be only what mounts have left of it. */
  readonly mounted: boolean;
}

export function routeOf(ctx: Context): RouteOf {
  const { mountPath = "", newRouterPath } = ctx as unknown as RoutedContext;
  const pattern = matchedPattern(ctx);
  const routedUrl = newRouterPath ?? ctx.url;
  const sent = pathOf(ctx.originalUrl);
  const routed = pathOf(routedUrl);
  const mounted = mountPath !== "";
  if (routed === sent) return { pattern, routedUrl: undefined, mounted };
  const full = (inside: string) =>
    inside === "/" && mountPath !== "" ? mountPath : mountPath + inside;
  if (sent === mountPath + routed || sent === full(routed))
    return { pattern: pattern && full(pattern), routedUrl: undefined, mounted };
  // Whether it was rewritten outside of the mount, inside, or after it cannot be told: both readings count.
  return { pattern: mounted ? full(pattern ?? routed) : pattern, routedUrl, mounted };
}

/** Of a route alone: the path of a router's middleware may stand for paths that have no handler. */
function matchedPattern(ctx: Context): string | undefined {
  const { routerPath, matched } = ctx as unknown as RoutedContext;
  if (typeof routerPath !== "string") return undefined;
  const isRoute = matched?.some(
    ({ path, methods }) => path === routerPath && methods.includes(ctx.method),
  );
  return isRoute ? routerPath : undefined;
}

/** Of an absolute target (RFC 9112 §3.2.2) as well: Koa mounts by its path. */
const pathOf = (url: string) => pathOfFacts({ method: "", url, headers: {} });
