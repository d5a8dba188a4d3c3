import type { DenialCode } from "@flux/core";
import type { ClientName, Servers } from "../servers.ts";
import { type Answer, send } from "./send.ts";

/** One thing that happens, and how it must end. */
export interface Step {
  /** What happens, in a sentence. */
  readonly says: string;
  /** What must be done first, given the answer to the step before. */
  readonly before?: (servers: Servers, last: Answer | undefined) => Promise<unknown>;
  readonly asks: {
    /** `GET /reports/7` */
    readonly request: string;
    readonly body?: unknown;
    /** Whose token is sent. Default: none. */
    readonly as?: ClientName;
    /** What was done to that token. */
    readonly token?: "edited" | "for another API" | "sent twice";
    /** How often it asks; the last answer counts. Default: once. */
    readonly times?: number;
  };
  readonly gets: {
    readonly status: number;
    /** Default: Flux allows it, and the answer is the handler's. */
    readonly code?: DenialCode;
    /** Scopes, roles or plans that the remedy must name. */
    readonly remedy?: readonly string[];
    /** How many `ai-tokens` the answer must say are left. */
    readonly left?: number;
  };
}

export interface Chapter {
  readonly title: string;
  readonly steps: readonly Step[];
}

export interface Result {
  readonly step: Step;
  readonly answer: Answer;
  /** The denial's code, or `allowed`. */
  readonly code: string;
  /** How the answer differs from what the story tells; empty: it does not. */
  readonly mistakes: readonly string[];
}

/** Does what a step says, over HTTP, and compares. */
export async function play(servers: Servers, step: Step, last?: Answer): Promise<Result> {
  const { request: line, body, times = 1 } = step.asks;
  try {
    await step.before?.(servers, last);
    const authorization = await credentials(servers, step.asks);
    let answer = await send(servers.api, { line, body, authorization });
    for (let asked = 1; asked < times; asked++) {
      answer = await send(servers.api, { line, body, authorization });
    }
    const code = isDenial(answer) ? String(answer.body.code) : "allowed";
    return { step, answer, code, mistakes: compare(step.gets, answer, code) };
  } catch (error) {
    const answer = { status: 0, headers: {}, body: {} };
    const mistake = `expected ${step.gets.status}, but got no answer: ${error}`;
    return { step, answer, code: "no answer", mistakes: [mistake] };
  }
}

async function credentials(servers: Servers, { as, token }: Step["asks"]) {
  if (as === undefined) return undefined;
  const audience = token === "for another API" ? "https://billing.example.com" : undefined;
  const bearer = `Bearer ${await servers.tokenFor(as, audience)}`;
  if (token === "edited") return edit(bearer);
  return token === "sent twice" ? [bearer, bearer] : bearer;
}

/** The same token, but with another tenant in it. */
function edit(bearer: string): string {
  const [header, payload = "", signature] = bearer.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
  const edited = Buffer.from(JSON.stringify({ ...claims, org_id: "birch" })).toString("base64url");
  return [header, edited, signature].join(".");
}

function isDenial(answer: Answer): boolean {
  return String(answer.headers["content-type"]).startsWith("application/problem+json");
}

function compare(expected: Step["gets"], { status, body }: Answer, code: string): string[] {
  const mistakes: string[] = [];
  const expectedCode = expected.code ?? "allowed";
  if (status !== expected.status || code !== expectedCode) {
    mistakes.push(`expected ${expected.status} ${expectedCode}, but got ${status} ${code}`);
  }
  const { scopes = [], roles = [], plans = [] } = body.remedy ?? {};
  const remedy = [...scopes, ...roles, ...plans].join(", ");
  if (expected.remedy !== undefined && remedy !== expected.remedy.join(", ")) {
    mistakes.push(
      `expected a remedy of ${expected.remedy.join(", ")}, but it is ${remedy || "empty"}`,
    );
  }
  const left = body["ai-tokens"]?.remaining;
  if (expected.left !== undefined && left !== expected.left) {
    mistakes.push(`expected ${expected.left} tokens to be left, but the answer says ${left}`);
  }
  if (mistakes.length > 0 && body.detail !== undefined)
    mistakes.push(`the API says: ${body.detail}`);
  return mistakes;
}
