import type { Decision, DenialResponse, Facts, Flux, RegisteredKeys } from "@flux/core";
import { HttpException } from "@nestjs/common";

/**
 * A request was denied. Where no exception filter of the app takes it over, it is answered as every adapter of
 * Flux answers. `getResponse()` gives the problem (RFC 9457) as an object, and `getStatus()` its status; where
 * `onDenied` has answered with something else than JSON, only status and code.
 */
export class DenialException extends HttpException {
  readonly decision: Decision<RegisteredKeys>;
  /** The answer in full: of Flux, or of the config's `onDenied`. */
  readonly answer: DenialResponse | Response;
  /** What a GraphQL server sends as the error's `extensions`: the problem. */
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(decision: Decision<RegisteredKeys>, answer: DenialResponse | Response) {
    const problem = problemOf(decision, answer);
    super(problem, decision.status);
    this.decision = decision;
    this.answer = answer;
    this.extensions = problem;
    this.message = typeof problem.detail === "string" ? problem.detail : decision.code;
  }
}

/** What a guard throws. */
export async function denialOf(
  flux: Flux<RegisteredKeys>,
  decision: Decision<RegisteredKeys>,
  facts: Facts,
): Promise<DenialException> {
  return new DenialException(decision, await flux.respond(decision, facts));
}

function problemOf(
  { status, code }: Decision,
  { body }: DenialResponse | Response,
): Record<string, unknown> {
  const told = typeof body === "string" ? parsed(body) : undefined;
  return typeof told === "object" && told !== null ? { ...told } : { status, code };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
