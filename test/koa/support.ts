/** What the tests of Koa and of Fastify share: callers that are believed, and the requests that they send. */
import type { FluxConfig } from "@flux/core";
import type { Served } from "../express/support.ts";

/** Believes the header `who` (`ann@acorn`, `staff@acorn`): what is tested is not who a caller is. */
export const believing: FluxConfig["auth"] = {
  custom({ headers }) {
    const { who } = headers as Record<string, string | undefined>;
    if (who === undefined) return undefined;
    const [subject = "", tenant] = who.split("@");
    const roles = subject === "staff" ? ["staff"] : [];
    return { subject, roles, cookie: false, ...(tenant !== undefined && { tenant }) };
  },
};

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** What `RateLimit` says is left, by limit. */
  readonly left: Readonly<Record<string, number>> | undefined;
}

/** @param request such as `GET /me`. */
export async function ask(
  api: Served | undefined,
  request: string,
  who?: string,
  headers: Record<string, string> = {},
): Promise<Answered> {
  const [method, path] = request.split(" ");
  const response = await fetch(`${api?.url}${path}`, {
    method: method as string,
    headers: { ...headers, ...(who !== undefined && { who }) },
  });
  const text = await response.text();
  const told = response.headers.get("ratelimit");
  const left =
    told === null
      ? undefined
      : Object.fromEntries(
          [...told.matchAll(/"([\w-]+)";r=(\d+)/g)].map(([, name, r]) => [name, Number(r)]),
        );
  return { status: response.status, headers: response.headers, text, left };
}

/** What is left as the API tells it, for what comes after an answer. */
export const leftOf = (api: Served | undefined, who: string) => async (): Promise<unknown> =>
  JSON.parse((await ask(api, "GET /left", who)).text);
