/** A credential that is present and is not accepted, or that cannot be judged. */
export class AuthFailure {
  /**
   * `bad_request`: cannot be read safely. `invalid_token`: judged and refused. `unavailable`: the source
   * needed to judge is down.
   */
  readonly code: "bad_request" | "invalid_token" | "unavailable";
  /** A sentence for the caller; never holds any part of a credential or of the config. */
  readonly detail: string;
  /** Whole seconds after which trying again makes sense; only with `unavailable`. */
  readonly retryAfter: number | undefined;

  constructor(code: AuthFailure["code"], detail: string, retryAfter?: number) {
    this.code = code;
    this.detail = detail;
    this.retryAfter = retryAfter;
  }
}
