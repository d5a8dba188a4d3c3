/** A decision applied to a `Response`; web frameworks and edge runtimes share these gestures. */
import type { Decision } from "../decision/decision.ts";
import type { DenialResponse } from "./denial-response.ts";
import { exposedHeaders } from "./exposed-headers.ts";
import { leftStatus } from "./left-status.ts";

/** Sets a decision's headers; where the response is one for another origin, that origin may read them. */
export function applyHeaders(headers: Headers, decided: Readonly<Record<string, string>>): void {
  let any = false;
  for (const name in decided) {
    headers.set(name, decided[name] as string);
    any = true;
  }
  if (!any || !headers.has("Access-Control-Allow-Origin")) return;
  const exposed = exposedHeaders(headers.get("Access-Control-Expose-Headers") ?? "");
  if (exposed !== undefined) headers.set("Access-Control-Expose-Headers", exposed);
}

/** Statuses of which a `Response` takes no body, not even an empty one (Fetch standard, null body status). */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * The answer to a denied request as a `Response`.
 * @param already the headers that a response would have had so far, such as those of CORS; the answer's
 * own win over them.
 */
export function denialResponse(answer: DenialResponse | Response, already?: Headers): Response {
  if ("arrayBuffer" in answer) {
    if (already === undefined) return answer;
    const { status, statusText, body } = answer;
    return new Response(body, { status, statusText, headers: onTop(already, answer.headers) });
  }
  const { status, body } = answer;
  const headers = withoutRateLimit(already);
  applyHeaders(headers, answer.headers);
  if (body.length === 0 || bodiless.has(status)) return new Response(null, { status, headers });
  // Of a string, `Response` would add the content type that it takes it for.
  const sent = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return new Response(sent as Uint8Array<ArrayBuffer>, { status, headers });
}

/** Cookies of the answer replace those before it: all of them, for they share one name. */
function onTop(already: Headers, own: Headers): Headers {
  const headers = withoutRateLimit(already);
  const cookies = own.getSetCookie();
  if (cookies.length > 0) headers.delete("Set-Cookie");
  own.forEach((value, name) => {
    if (name !== "set-cookie") headers.set(name, value);
  });
  for (const cookie of cookies) headers.append("Set-Cookie", cookie);
  return headers;
}

/** An earlier guard told what is left after its charge, which a denial has given back. */
function withoutRateLimit(already: Headers | undefined): Headers {
  const headers = new Headers(already);
  headers.delete("RateLimit");
  headers.delete("RateLimit-Policy");
  return headers;
}

/** What is used of a `Request`. Not every runtime aborts its signal, or has one. */
interface Asked {
  readonly method: string;
  readonly signal?: AbortSignal | null | undefined;
}

/**
 * Gives the response to an allowed request the decision's headers that it does not have yet: its own, and those
 * of a guard further down, are newer. Then tells the decision how it ends.
 * @param refused whether a guard further down has refused: what this one charged has been given back.
 * @returns the response to send instead.
 */
export function finishResponse(
  response: Response,
  decision: Decision,
  request: Asked,
  refused = false,
): Response {
  const complete = refused ? response : withMissing(response, decision.headers, request);
  if (!decision.awaitsOutcome) return complete;
  // Nobody reads the body of an answer to HEAD, so that its end would never come.
  const sent = request.method === "HEAD" ? new Response(null, complete) : complete;
  return concludeWith(sent, decision, request.signal ?? undefined);
}

/** For which request headers were set on a response. */
const writtenFor = new WeakMap<Response, Asked>();

function withMissing(
  response: Response,
  decided: Readonly<Record<string, string>>,
  request: Asked,
): Response {
  const before = writtenFor.get(response);
  // An app may give one response to many requests: what it tells of another one's limits is nobody else's.
  if (before !== undefined && before !== request)
    return withMissing(withoutDecided(response), decided, request);
  const missing = Object.entries(decided).filter(([name]) => !response.headers.has(name));
  if (missing.length === 0) return response;
  const added = Object.fromEntries(missing);
  let written = response;
  try {
    applyHeaders(written.headers, added);
  } catch {
    // The headers of a response that was fetched, or of a redirect, cannot be changed.
    written = new Response(response.body, response);
    applyHeaders(written.headers, added);
  }
  writtenFor.set(written, request);
  return written;
}

function withoutDecided(response: Response): Response {
  const { body, status, statusText } = response;
  return new Response(body, { status, statusText, headers: withoutRateLimit(response.headers) });
}

/**
 * Tells the decision how the response ended, where it wants to know: when its body has been read to the
 * end, or when whoever reads it gives up. A response without a body is over at once.
 * @param signal the request's, where the runtime aborts it when the client leaves.
 * @returns the response to send instead.
 */
export function concludeWith(
  response: Response,
  decision: Decision,
  signal?: AbortSignal | undefined,
): Response {
  if (!decision.awaitsOutcome) return response;
  const { status, statusText, headers, body } = response;
  // Only the first call counts.
  const conclude = (aborted: boolean) => {
    signal?.removeEventListener("abort", left);
    void decision.conclude({ status, aborted });
  };
  const left = () => conclude(true);
  if (signal?.aborted) {
    // Whoever asked left before there was anything to send.
    concludeLeft(decision);
    return response;
  }
  if (body === null) {
    conclude(false);
    return response;
  }
  signal?.addEventListener("abort", left, { once: true });
  const reader = body.getReader();
  const watched = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          conclude(false);
          controller.close();
        } catch (error) {
          // A stream that breaks off breaks the response off with it.
          conclude(true);
          controller.error(error);
        }
      },
      cancel(reason) {
        conclude(true);
        return reader.cancel(reason);
      },
    },
    // Nothing is read ahead: what has been read has been asked for.
    { highWaterMark: 0 },
  );
  return new Response(watched, { status, statusText, headers });
}

/**
 * Tells the decision, where it wants to know, that the client left before there was a response.
 * @returns what ends the watch: there is a response.
 */
export function concludeIfLeft(decision: Decision, request: Asked): () => void {
  if (!decision.awaitsOutcome) return nothing;
  // On Node it is made when it is asked for.
  const { signal } = request;
  if (signal === undefined || signal === null) return nothing;
  const left = () => concludeLeft(decision);
  if (signal.aborted) left();
  signal.addEventListener("abort", left, { once: true });
  return () => signal.removeEventListener("abort", left);
}

const nothing = () => undefined;

function concludeLeft(decision: Decision): void {
  void decision.conclude({ status: leftStatus, aborted: true });
}

/**
 * The answer to nobody: where the client left while its decision was waited for, no work is begun for it.
 * @returns `undefined` where it is still there, as far as the runtime tells.
 */
export function answerToNobody(decision: Decision, request: Asked): Response | undefined {
  if (request.signal?.aborted !== true) return undefined;
  concludeLeft(decision);
  return new Response(null, { status: leftStatus });
}
