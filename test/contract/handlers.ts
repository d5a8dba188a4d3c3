/**
 * The handlers of the contract's app, as every framework is given them: what they are registered at, what
 * guards them beside the guard of all routes, and what they answer. Nothing of a test runner is imported here.
 */
import type { Decision, Requirement } from "@flux/core";
import type { ContractKeys } from "./config.ts";

/** What a handler does. */
export type Behaviour =
  | "answers"
  | "fails"
  | "throws"
  | "settles"
  | "streams"
  | "never-ends"
  | "never-answers"
  | "answers-preflight";

export interface Handler {
  readonly method: "GET" | "POST" | "OPTIONS" | "ALL";
  /** `:name` stands for a segment. */
  readonly path: string;
  readonly guard?: Requirement<ContractKeys>;
  /** Default: `answers`. */
  readonly does?: Behaviour;
}

const get = (...paths: string[]): Handler[] => paths.map((path) => ({ method: "GET", path }));
const post = (...paths: string[]): Handler[] => paths.map((path) => ({ method: "POST", path }));

export const handlers: readonly Handler[] = [
  ...get("/open", "/me", "/optional", "/reports/:id", "/either", "/staff", "/staff/:page"),
  ...get("/permitted", "/beta", "/pro-only", "/dark", "/exports", "/seats", "/everything"),
  ...get("/limited", "/daily", "/personal", "/both", "/shielded", "/usage", "/hourly"),
  ...get("/account", "/cross", "/answered/:how", "/unlisted"),
  ...post(
    "/reports",
    "/costly",
    "/huge",
    "/broken-cost",
    "/ring",
    "/chat",
    "/too-much",
    "/account",
  ),
  { method: "POST", path: "/settles", does: "settles" },
  { method: "POST", path: "/jobs/works" },
  { method: "POST", path: "/jobs/fails", does: "fails" },
  { method: "POST", path: "/jobs/throws", does: "throws" },
  { method: "POST", path: "/streams/whole", does: "streams" },
  { method: "POST", path: "/streams/endless", does: "never-ends" },
  { method: "POST", path: "/left", does: "never-answers" },
  { method: "OPTIONS", path: "/cross", does: "answers-preflight" },
  { method: "ALL", path: "/every" },

  // With a guard of their own, beside that of all routes.
  { method: "POST", path: "/guarded", guard: { limit: "api", cost: 2, use: { tokens: 5 } } },
  { method: "POST", path: "/guarded/refused", guard: { feature: "exports" } },
  { method: "GET", path: "/guarded/limits", guard: { limit: "personal" } },
  { method: "GET", path: "/guarded/order", guard: { feature: "exports" } },
  { method: "GET", path: "/guarded/only", guard: { roles: "staff" } },
];

/** What the app's CORS handling puts on a response, before the guard decides. */
export function corsHeaders(origin: string | string[] | undefined | null): Record<string, string> {
  return origin ? { "Access-Control-Allow-Origin": "https://app.test" } : {};
}

/** Whether the app's CORS handling, behind the guard, answers: it does for preflights of this one path. */
export const answersPreflight = (method: string | undefined, path: string | undefined): boolean =>
  method === "OPTIONS" && path === "/limited";

/** The name by which a handler is known in an answer's `x-handler`. */
export const nameOf = ({ method, path }: Handler) => `${method} ${path}`;

/** What a handler answers, in no framework's terms. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | AsyncIterable<Uint8Array>;
}

/**
 * Runs a handler.
 * @param decision what the framework has at its place; the answer tells of it.
 * @throws an Error, where the handler is one that throws
 */
export async function run(
  handler: Handler,
  decision: Decision | null | undefined,
): Promise<Answer> {
  const name = nameOf(handler);
  const headers = { "Content-Type": "application/json", "X-Handler": name };
  switch (handler.does ?? "answers") {
    case "answers":
      return { status: 200, headers, body: JSON.stringify({ handler: name, ...seen(decision) }) };
    case "settles":
      await decision?.settle({ tokens: 7 });
      return { status: 200, headers, body: JSON.stringify({ handler: name }) };
    case "fails":
      return { status: 502, headers, body: JSON.stringify({ error: "the model is down" }) };
    case "throws":
      throw new Error("the handler is broken");
    case "streams":
      return { status: 200, headers, body: parts("a first part, ", "and the last") };
    case "never-ends":
      return { status: 200, headers, body: parts("a first part, ", undefined) };
    case "never-answers":
      return new Promise(() => undefined);
    case "answers-preflight":
      return { status: 200, headers, body: "{}" };
  }
}

/** What of the decision every adapter must hand on. */
function seen(decision: Decision | null | undefined) {
  if (!decision) return { decision: "none" };
  const { allowed, code, tenant, principal, limits, degraded } = decision;
  const tokens = tenant && decision.feature("tokens");
  return {
    allowed,
    code,
    tenant,
    principal: principal?.subject,
    limits: limits.map(({ name, remaining, charged }) => ({ name, remaining, charged })),
    tokens: tokens?.remaining,
    degraded,
  };
}

/** @param written what is sent, bit by bit; `undefined`: nothing more, and no end either. */
async function* parts(...written: (string | undefined)[]): AsyncIterable<Uint8Array> {
  for (const part of written) {
    if (part === undefined) await new Promise(() => undefined);
    yield new TextEncoder().encode(part);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
