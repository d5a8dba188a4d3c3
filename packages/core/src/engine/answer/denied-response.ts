/** The response to a denied request: what the config's `onDenied` says, else application/problem+json. */
import type { OnDeniedAnswer } from "../../config/config-types.ts";
import type { Decision } from "../../decision/decision.ts";
import { FluxError } from "../../errors.ts";
import { type DenialResponse, problemResponse } from "../../http/denial-response.ts";
import { namesFor } from "./rate-limit-fields.ts";
import { RequestDecision } from "./request-decision.ts";

/** @throws FluxError `on_denied_invalid` */
export function deniedResponse(
  decision: Decision,
  answer: OnDeniedAnswer,
): DenialResponse | Response {
  if (answer !== undefined && answer !== null) return complete(answer, decision);
  const { denials, remedy, headers } = decision;
  // A decision that is not of this library names nothing.
  const walk = RequestDecision.walkOf(decision);
  return problemResponse({
    denials,
    remedy,
    headers,
    names: walk === undefined ? "none" : namesFor(walk),
    nameFlags: walk?.engine.exposeFlags === true,
  });
}

/**
 * What `onDenied` gave, with what it left out: the decision's status and headers. No cache may keep it
 * for somebody else unless it says so itself (a 404 is one that caches may keep, RFC 9110 §15.1).
 */
function complete(
  answer: NonNullable<OnDeniedAnswer>,
  decision: Decision,
): DenialResponse | Response {
  const ours = { ...decision.headers, "Cache-Control": "no-store" };
  if (isResponse(answer)) {
    // A response's own headers may be immutable, as those of `Response.redirect` are.
    const headers = new Headers(answer.headers);
    for (const [name, value] of Object.entries(ours))
      if (!headers.has(name)) headers.set(name, value);
    // An app may give the same response each time; a body can be read once.
    return new Response(answer.clone().body, {
      status: answer.status,
      statusText: answer.statusText,
      headers,
    });
  }
  const { status = decision.status, headers = {}, body = "" } = checkAnswer(answer);
  const given = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const left = Object.entries(ours).filter(([name]) => !given.has(name.toLowerCase()));
  return { status, headers: { ...Object.fromEntries(left), ...headers }, body };
}

/** A `Response` of another realm or of a polyfill is one as well. */
function isResponse(answer: object): answer is Response {
  return (
    typeof (answer as Partial<Response>).arrayBuffer === "function" &&
    typeof (answer as Partial<Response>).status === "number"
  );
}

/** @throws FluxError `on_denied_invalid`: a denied request must not be answered by accident. */
function checkAnswer(answer: Partial<DenialResponse>): Partial<DenialResponse> {
  const { status, headers, body } = answer as Record<string, unknown>;
  const wrong =
    typeof answer !== "object" || Object.keys(answer).some((name) => !answerFields.includes(name))
      ? "it has other fields than status, headers and body"
      : status !== undefined &&
          !(Number.isInteger(status) && Number(status) >= 200 && Number(status) <= 599)
        ? "its status is no whole number from 200 to 599"
        : headers !== undefined && (typeof headers !== "object" || headers === null)
          ? "its headers are no object"
          : body !== undefined && typeof body !== "string" && !(body instanceof Uint8Array)
            ? "its body is neither a string nor a Uint8Array"
            : undefined;
  if (wrong !== undefined)
    throw new FluxError(
      "on_denied_invalid",
      `onDenied must give undefined, a Response, or { status?, headers?, body? }; what it gave is none: ${wrong}.`,
    );
  return answer;
}

const answerFields: readonly string[] = ["status", "headers", "body"];
