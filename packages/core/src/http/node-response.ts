/** A decision applied to a `node:http` response; frameworks that stand on it share these three gestures. */
import type { Decision } from "../decision/decision.ts";
import type { DenialResponse } from "./denial-response.ts";
import { exposedHeaders } from "./exposed-headers.ts";
import { leftStatus } from "./left-status.ts";

/** What is used of `http.ServerResponse`. */
export interface NodeResponse {
  statusCode: number;
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  readonly writableFinished: boolean;
  /** Whether it is over: sent, or without anybody to send it to. */
  readonly destroyed: boolean;
  getHeader(name: string): number | string | string[] | undefined;
  setHeader(name: string, value: string | readonly string[]): unknown;
  removeHeader(name: string): unknown;
  end(body?: string | Uint8Array): unknown;
  once(event: "close", listener: () => void): unknown;
}

/** What a denial is written to; where a framework stands between, the adapter says how it takes an answer. */
export interface DenialTarget
  extends Pick<NodeResponse, "headersSent" | "getHeader" | "setHeader" | "removeHeader"> {
  statusCode: number;
  /** Always bytes: to a string, frameworks add a charset. */
  end(body: Uint8Array): unknown;
}

/** Sets a decision's headers; where the response is one for another origin, that origin may read them. */
export function applyHeaders(
  response: Pick<NodeResponse, "headersSent" | "getHeader" | "setHeader">,
  headers: Readonly<Record<string, string>>,
): void {
  // Something else, such as a timeout, may have answered while the decision was waited for.
  if (response.headersSent) return;
  let any = false;
  for (const name in headers) {
    response.setHeader(name, headers[name] as string);
    any = true;
  }
  // In lower case, Node need not make it so: every response is asked.
  if (!any || response.getHeader("access-control-allow-origin") === undefined) return;
  const exposed = exposedHeaders(String(response.getHeader("Access-Control-Expose-Headers") ?? ""));
  if (exposed !== undefined) response.setHeader("Access-Control-Expose-Headers", exposed);
}

/** Sends the response to a denied request, unless something else has answered it in the meantime. */
export async function sendDenial(
  response: DenialTarget,
  answer: DenialResponse | Response,
): Promise<void> {
  if (response.headersSent) return;
  response.statusCode = answer.status;
  // An earlier guard told what is left after its charge, which this denial has given back.
  response.removeHeader("RateLimit");
  response.removeHeader("RateLimit-Policy");
  if (answer.headers instanceof Headers) {
    const { headers } = answer;
    headers.forEach((value, name) => {
      if (name !== "set-cookie") response.setHeader(name, value);
    });
    const cookies = headers.getSetCookie();
    if (cookies.length > 0) response.setHeader("Set-Cookie", cookies);
    response.end(new Uint8Array(await (answer as Response).arrayBuffer()));
    return;
  }
  applyHeaders(response, answer.headers as Readonly<Record<string, string>>);
  const body = answer.body as DenialResponse["body"];
  response.end(typeof body === "string" ? new TextEncoder().encode(body) : body);
}

/**
 * Tells the decision how the response ended, where it wants to know.
 * @returns whether there is anybody to answer: where the client left, or something else has answered while the
 *   decision was waited for, no work is to be begun.
 */
export function concludeWith(response: NodeResponse, decision: Decision): boolean {
  const isOpen = response.destroyed !== true && response.writableEnded !== true;
  if (!decision.awaitsOutcome) return isOpen;
  const conclude = () => {
    const aborted = !response.writableFinished;
    void decision.conclude({
      status: response.headersSent ? response.statusCode : leftStatus,
      aborted,
    });
  };
  // A client that left while the decision was waited for will not be heard of again.
  if (response.destroyed) conclude();
  // `close` comes at the end and at an abort alike; only then is it known which it was.
  else response.once("close", conclude);
  return isOpen;
}
