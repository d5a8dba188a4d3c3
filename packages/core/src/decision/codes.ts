/** The one table from a denial's code to its HTTP status. Of several denials the first decides. */
export const denialCodes = {
  bad_request: { status: 400 },
  unauthenticated: { status: 401 },
  invalid_token: { status: 401 },
  unavailable: { status: 503 },
  insufficient_scope: { status: 403 },
  forbidden: { status: 403 },
  flag_off: { status: 404 },
  feature_unavailable: { status: 402 },
  quota_exceeded: { status: 429 },
  rate_limited: { status: 429 },
} as const;

/** Why a request was refused. */
export type DenialCode = keyof typeof denialCodes;

/** What a check looks at, in the order in which failed checks are listed. */
export type CheckKind =
  | "request"
  | "credentials"
  | "tenant"
  | "permission"
  | "flag"
  | "feature"
  | "quota"
  | "limit";
