/** For tests: the index of routes that may be wrong. */
import type { Problem } from "../errors.ts";
import { RouteIndex, readRoutes } from "./route-index.ts";

/** @param routes keys as in `GET /reports/:id`, each with what it asks for. */
export function buildRouteIndex<T>(routes: Iterable<readonly [key: string, value: T]>): {
  index: RouteIndex<T>;
  problems: Problem[];
} {
  const { entries, problems } = readRoutes(routes);
  return { index: new RouteIndex(entries), problems };
}
