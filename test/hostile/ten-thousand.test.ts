import { parse as parseUrl } from "node:url";
import { denialCodes } from "@flux/core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type HostileApp, startApp } from "./app.ts";
import { type HostileRequest, hostileRequests } from "./generator.ts";
import { type Identity, marker, startIdentity } from "./identity.ts";
import { RawClient, type RawResponse } from "./raw-http.ts";

/** `FLUX_HOSTILE_SEED=… npx vitest run test/hostile` plays the same requests again. */
const seed = Number(process.env.FLUX_HOSTILE_SEED ?? Date.now() % 2 ** 32);
const count = Number(process.env.FLUX_HOSTILE_COUNT ?? 10_000);
const connections = 16;

let identity: Identity;
let app: HostileApp;
const uncaught: unknown[] = [];
const note = (error: unknown) => uncaught.push(error);

beforeAll(async () => {
  process.on("uncaughtExceptionMonitor", note);
  process.on("unhandledRejection", note);
  identity = await startIdentity();
  app = await startApp(identity);
});
afterAll(async () => {
  await app.close();
  await identity.close();
  process.off("uncaughtExceptionMonitor", note);
  process.off("unhandledRejection", note);
});

/** What a response is: a refusal by Flux, or an answer of Node or Express to what never came as far, or passed on. */
function kindOf(request: HostileRequest, response: RawResponse): string {
  const { status, headers, body, head, closed } = response;
  const type = headers.get("content-type");
  if (type === "application/problem+json") {
    if ((head + body).includes(marker)) return `told ${marker}`;
    if (body === "") return request.method === "HEAD" ? `flux ${status}` : "no body";
    const problem = JSON.parse(body) as { status: number; code: keyof typeof denialCodes };
    return denialCodes[problem.code]?.status === status && problem.status === status
      ? `flux ${status} ${problem.code}`
      : `unknown code ${problem.code} with ${status}`;
  }
  // Node's parser: malformed, or headers above 16 kB. It closes the connection.
  if (closed && body === "" && (status === 400 || status === 431)) return `node ${status}`;
  // Express answers what no middleware is asked about, and what leads nowhere for whom Flux knows.
  if (status === 404 && type === "text/html; charset=utf-8") {
    if (request.known) return "express 404, known caller";
    const target = request.text.split(" ", 2)[1] as string;
    if (isPathless(target)) return "express 404, no path";
  }
  // A preflight is for whatever answers CORS, and no handler of a route.
  if (isPreflight(request.text) && ((status === 200 && headers.has("allow")) || status === 404))
    return `express ${status}, preflight`;
  if (
    status === 200 &&
    headers.has("allow") &&
    request.text.startsWith("OPTIONS ") &&
    request.known
  )
    return "express 200 to OPTIONS, known caller";
  return `unexpected ${status} ${type}`;
}

function isPreflight(text: string): boolean {
  const has = (name: string) => new RegExp(`\\r\\n${name}: *[^ \\r]`, "i").test(text);
  return text.startsWith("OPTIONS ") && has("origin") && has("access-control-request-method");
}

/** A target in which Express, which reads it by `url.parse`, finds no path: then it asks no middleware at all. */
function isPathless(target: string): boolean {
  try {
    return parseUrl(target).pathname === null;
  } catch {
    return true;
  }
}

it(
  `survives ${count} hostile requests and lets none of them through (seed ${seed})`,
  async () => {
    console.log(`hostile seed: ${seed}`);
    const next = await hostileRequests(identity, app, seed);
    const kinds = new Map<string, number>();
    const wrong: string[] = [];
    let sent = 0;
    await Promise.all(
      Array.from({ length: connections }, async () => {
        const client = new RawClient(app.port);
        while (sent < count && wrong.length < 20) {
          sent++;
          const request = next();
          const reached = app.seen.reached.length;
          try {
            const response = await client.send(request.text, { method: request.method });
            const kind = kindOf(request, response);
            kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
            if (!/^(flux|node|express) /.test(kind) || app.seen.reached.length > reached)
              wrong.push(
                `${kind}: ${request.name}\n${request.text.slice(0, 600)}\n${response.head}`,
              );
          } catch (error) {
            wrong.push(`${String(error)}: ${request.name}`);
          }
        }
        client.close();
      }),
    );
    console.log(
      [...kinds]
        .sort(([, a], [, b]) => b - a)
        .map(([kind, times]) => `${times} ${kind}`)
        .join("\n"),
    );
    expect({ seed, wrong }).toEqual({ seed, wrong: [] });
    expect(app.seen).toEqual({ reached: [], errors: [], events: [] });
    expect(uncaught).toEqual([]);
    expect(sent).toBe(count);
    // Most of them came as far as Flux.
    const decided = [...kinds].reduce(
      (sum, [kind, n]) => sum + (kind.startsWith("flux") ? n : 0),
      0,
    );
    expect(decided).toBeGreaterThan(count * 0.8);
  },
  Math.max(60_000, count * 3),
);
