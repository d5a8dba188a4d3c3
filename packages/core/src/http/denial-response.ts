/** A denied decision as an HTTP response: application/problem+json (RFC 9457). */
import { denialCodes } from "../decision/codes.ts";
import type { Denial, Remedy } from "../decision/decision.ts";

export interface DenialResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export interface ProblemSource {
  readonly denials: readonly Denial[];
  readonly remedy: Remedy | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** What of the config a body may name to this caller: nothing, limits alone, or all but flags unless told. */
  readonly names: "none" | "limits" | "all";
  readonly nameFlags: boolean;
}

/** Types registered for HTTP problems; for the others the status says it all (RFC 9457 §4.2.1). */
const problemTypes = {
  400: { type: "about:blank", title: "Bad Request" },
  401: { type: "about:blank", title: "Unauthorized" },
  402: { type: "about:blank", title: "Payment Required" },
  403: { type: "about:blank", title: "Forbidden" },
  404: { type: "about:blank", title: "Not Found" },
  429: {
    type: "https://iana.org/assignments/http-problem-types#quota-exceeded",
    title: "Request cannot be satisfied as assigned quota has been exceeded",
  },
  503: {
    type: "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity",
    title: "Request cannot be satisfied due to temporary server capacity constraints",
  },
} as const;

export function problemResponse(source: ProblemSource): DenialResponse {
  const first = source.denials[0] as Denial;
  const status = denialCodes[first.code].status;
  const violated = status === 429 ? violatedPolicies(source) : [];
  // What is `undefined` is left out of the JSON.
  const body = {
    ...problemTypes[status],
    status,
    detail: detailOf(source, first),
    code: first.code,
    denials: source.denials.map((denial) => nameable(source, denial)),
    remedy: publicRemedy(source),
    "violated-policies": violated.length > 0 ? violated : undefined,
  };
  return {
    status,
    headers: {
      ...source.headers,
      "Content-Type": "application/problem+json",
      "Cache-Control": "no-store",
    },
    body: JSON.stringify(body),
  };
}

/** The names of the limits and quotas that refused, as far as this caller may know them. */
function violatedPolicies(source: ProblemSource): string[] {
  return source.denials
    .filter(({ check }) => check === "limit" || check === "quota")
    .flatMap((denial) => nameable(source, denial).name ?? []);
}

function nameable(source: ProblemSource, denial: Denial): { code: string; name?: string } {
  const { code, name } = denial;
  return name === undefined || isHidden(source, denial) ? { code } : { code, name };
}

function isHidden(source: ProblemSource, { check }: Denial): boolean {
  if (source.names === "none" || (check === "flag" && !source.nameFlags)) return true;
  return source.names === "limits" && check !== "limit";
}

/** A sentence about a limit names it. */
function detailOf(source: ProblemSource, denial: Denial): string {
  const named = denial.check === "limit" && denial.name !== undefined;
  return named && isHidden(source, denial) ? "Too many requests came from here." : denial.detail;
}

function publicRemedy(source: ProblemSource): Remedy | undefined {
  const remedy = source.remedy;
  if (remedy === undefined || source.names === "all") return remedy;
  const { authenticate, retryAt, request } = remedy;
  if (authenticate === undefined && retryAt === undefined && request === undefined)
    return undefined;
  return { authenticate, retryAt, request } as Remedy;
}
