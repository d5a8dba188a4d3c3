/** What the tests of this folder share: the fixture app in each of its variants, and who asks it. */
import { join } from "node:path";
import { type ClientName, startIssuer } from "../express/support.ts";
import { buildApp, type StartedApp, startApp } from "./build.ts";

const folder = join(import.meta.dirname, "app");
export const variant = (name: string) => join(import.meta.dirname, "variants", name);

export interface NextApp extends StartedApp {
  /** Asks as one of the issuer's clients. */
  ask(line: string, client?: ClientName, options?: Asked): Promise<Response>;
  tokenFor(client: ClientName): Promise<string>;
}

export interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | FormData;
  readonly signal?: AbortSignal;
}

/**
 * The fixture app with an issuer of its own.
 * @param files which variant: what stands in for the proxy.
 */
export async function startNextApp(
  name: string,
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Promise<NextApp> {
  const [target, issuer] = await Promise.all([buildApp({ name, folder, files }), startIssuer()]);
  const app = await startApp(target, { ISSUER: issuer.issuer, ...env });
  return {
    ...app,
    tokenFor: (client) => issuer.tokenFor(client),
    async ask(line, client, { headers, ...rest } = {}) {
      const [method = "GET", path = "/"] = line.split(" ");
      const sent = new Headers(headers);
      if (client !== undefined)
        sent.set("authorization", `Bearer ${await issuer.tokenFor(client)}`);
      return fetch(app.url + path, { method, headers: sent, redirect: "manual", ...rest });
    },
    async close() {
      await Promise.all([app.close(), issuer.close()]);
    },
  };
}

/** What is left of the limit `api`, by an answer's `RateLimit`. */
export function left(response: Response): number {
  const match = /"api";r=(\d+)/.exec(response.headers.get("ratelimit") ?? "");
  return Number(match?.[1]);
}
