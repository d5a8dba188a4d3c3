import type { Decision, DenialCode, DenialResponse } from "@flux/core";

/**
 * What a denied server action throws. In production Next hides an error's message from the browser, and
 * shows its `digest`: there it says which denial it was.
 */
export class DenialError extends Error {
  override readonly name = "DenialError";
  readonly decision: Decision;
  /** The HTTP status of the first denial. */
  readonly status: number;
  readonly code: DenialCode;
  /** `FLUX_DENIED;` and the code, e.g. `FLUX_DENIED;rate_limited`. */
  readonly digest: string;

  constructor(decision: Decision) {
    super(decision.denials[0]?.detail);
    this.decision = decision;
    this.status = decision.status;
    this.code = decision.code as DenialCode;
    this.digest = `FLUX_DENIED;${this.code}`;
  }
}

/** An action has no response of its own: a redirect is followed, anything else is thrown. */
export async function refuseAction(
  decision: Decision,
  answer: DenialResponse | Response,
): Promise<never> {
  const to = new Headers(answer.headers).get("location");
  if (to !== null && answer.status >= 300 && answer.status < 400) {
    const { redirect } = await import("next/navigation.js");
    redirect(to);
  }
  throw new DenialError(decision);
}
