/**
 * However a path is spelt: whoever reaches a handler has met the handler's requirement. An app of any
 * framework is asked byte for byte by a stranger, by a member without the role, and by staff. It is guarded
 * by `guardedConfig`, and its handlers name themselves in the response header `x-handler`.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { raw } from "../express/support.ts";
import { type CallerName, callers, type HandlerName, handlers } from "./config.ts";

export { callers, guardedConfig, type HandlerName } from "./config.ts";

/** A running app, in this process or another. */
export interface Target {
  readonly port: number;
  close(): Promise<unknown>;
}

export interface Answer {
  readonly status: number;
  /** The handler that answered, by its `x-handler`. */
  readonly handler: HandlerName | undefined;
}

const nbsp = "\u00a0";

/** Spellings of GET /admin/x, the first one being the proper one. */
export const spellings: readonly string[] = [
  "/admin/x",
  "/ADMIN/x",
  "/Admin/X",
  "/aDmIn/x",
  "/admin/x/",
  "/ADMIN/X/",
  "/admin/x?a=1",
  "/admin/x?",
  "/admin/x/?a=/b",
  "/admin/x?a=../../open",
  "/admin/x?/../open",
  "http://api.test/admin/x",
  "HTTP://api.test/ADMIN/x",
  "http://other.test:80/admin/x?a",
  "/admin/x;a=1",
  "/admin;a=1/x",
  "/admin/x;",
  "/admin/;/x",
  "//admin/x",
  "/admin//x",
  "/admin/x//",
  "///admin///x",
  "/%61dmin/x",
  "/admin/%78",
  "/%41DMIN/x",
  "/%2561dmin/x",
  "/admin%2Fx",
  "/admin%2fx",
  "/admin%252Fx",
  "/admin/x%2F",
  "/admin/x%20",
  "/admin/x%00",
  "/admin/x%0a",
  "/admin/x%3Fa",
  "/admin/x%3Ba=1",
  "/admin/x%23a",
  "/admin/x%",
  "/admin/x%zz",
  "/admin/x%c0%af",
  "/./admin/x",
  "/admin/./x",
  "/open/../admin/x",
  "/open/%2e%2e/admin/x",
  "/admin/x/..",
  "/admin/y/../x",
  "/admin/x/.",
  "/admin\\x",
  "\\admin\\x",
  "/admin/x#a",
  "/admin\\x#a",
  `/admin/x${nbsp}`,
  `/admin\\x${nbsp}`,
  "/admin/x\u00ff",
  "/admin/x.",
  "/admin/x.json",
  "/admin/x\t",
  "http://api.test\\admin\\x",
  "http://a@api.test/admin/x",
  "//api.test/admin/x",
  "admin/x",
  "*",
];

/** Requests for the other handlers, in spellings by which one of them could be mistaken for another. */
export const otherRequests: readonly (readonly [method: string, target: string])[] = [
  ["GET", "/admin/users/7"],
  ["HEAD", "/admin/users/7"],
  ["GET", "/admin/users/7/"],
  ["GET", "/admin/users/%37"],
  ["GET", "/admin/users/publi%63"],
  ["GET", "/admin/users/PUBLIC"],
  ["GET", "/admin/users/public%20"],
  ["GET", "/ADMIN/users/a;b"],
  ["GET", "/admin/users/public;a"],
  ["GET", "/admin/users/%C3%A9"],
  ["GET", "/admin/users/"],
  ["GET", "/admin/users//"],
  ["GET", "/admin/users"],
  ["DELETE", "/admin/x"],
  ["DELETE", "/ADMIN/x/"],
  ["PATCH", "/admin/area/a/b"],
  ["PROPFIND", "/admin/area/a/"],
  ["DELETE", "/Admin/Area/a//b"],
  ["OPTIONS", "/admin/area/a"],
  ["GET", "/admin/area/"],
  ["GET", "/admin/area"],
  ["GET", "/admin/area/public/../x"],
];

/** What the three callers got for one request. */
export async function askAll(
  target: Target,
  method: string,
  path: string,
  headers: readonly string[] = [],
): Promise<Record<CallerName, Answer>> {
  const ask = async (caller: CallerName): Promise<Answer> => {
    const line = `${method} ${path} HTTP/1.1`;
    const response = await raw(target.port, line, [...headers, ...callers[caller]]);
    const handler = response.headers.get("x-handler") ?? undefined;
    return { status: response.status, handler: handler as HandlerName | undefined };
  };
  return {
    stranger: await ask("stranger"),
    member: await ask("member"),
    staff: await ask("staff"),
  };
}

/**
 * Expects of one request that only staff reach what is theirs alone, and that the others are told why not.
 * @returns the handler that staff reached, if any.
 */
export async function expectGuarded(
  target: Target,
  method: string,
  path: string,
  headers?: readonly string[],
): Promise<HandlerName | undefined> {
  const { stranger, member, staff } = await askAll(target, method, path, headers);
  for (const { handler } of [stranger, member])
    expect(isTheirsAlone(handler), `${method} ${path} reached ${handler}`).toBe(false);
  if (isTheirsAlone(staff.handler)) {
    const statuses = [stranger.status, member.status, staff.status];
    expect(statuses, `${method} ${path}`).toEqual([401, 403, 200]);
  }
  return staff.handler;
}

function isTheirsAlone(handler: HandlerName | undefined): boolean {
  if (handler === undefined) return false;
  // A misspelt name would prove anything.
  expect(handlers).toHaveProperty([handler]);
  return handlers[handler].staffOnly;
}

/**
 * Asks an app in every spelling.
 * @param name what is particular about the app, such as its router's settings.
 * @param reached the spellings of `GET /admin/x` by which staff reach its handler, all of them; default: it
 *   is not checked which ones do, but for the proper one.
 */
export function describeSpellings(
  name: string,
  start: () => Promise<Target>,
  reached?: readonly string[],
): void {
  describe(name, () => {
    let target: Target;
    beforeAll(async () => {
      target = await start();
    });
    afterAll(() => target?.close());

    test.each(spellings)("%j is no way around the role", async (path) => {
      for (const method of ["GET", "HEAD"]) {
        const handler = await expectGuarded(target, method, path);
        if (path === spellings[0] || reached?.includes(path))
          expect(handler, method).toBe("GET /admin/x");
        else if (reached !== undefined) expect(handler, method).not.toBe("GET /admin/x");
      }
    });

    test.each(otherRequests)("nor is %s %j", async (method, path) => {
      await expectGuarded(target, method, path);
    });

    test("a preflight is no way around a route of every method", async () => {
      const preflight = ["Origin: https://app.test", "Access-Control-Request-Method: GET"];
      await expectGuarded(target, "OPTIONS", "/admin/area/a", preflight);
    });

    test("what is open stays open beside it", async () => {
      const { stranger } = await askAll(target, "GET", "/admin/users/public");
      expect(stranger).toEqual({ status: 200, handler: "GET /admin/users/public" });
    });
  });
}
