/** A tenant as it was last loaded; the engine adds what it decides with. */
export interface TenantState {
  readonly id: string;
  readonly suspended: boolean;
}

/** A request that cannot be attributed to a tenant. */
export class TenantFailure {
  readonly code: "bad_request" | "forbidden" | "unavailable";
  /** A sentence for the caller. */
  readonly detail: string;

  constructor(code: TenantFailure["code"], detail: string) {
    this.code = code;
    this.detail = detail;
  }
}

export const tenantFailures = {
  ambiguous: new TenantFailure("bad_request", "The request names its tenant more than once."),
  unreadable: new TenantFailure("bad_request", "The tenant's name cannot be read safely."),
  notMember: new TenantFailure("forbidden", "The caller does not belong to this tenant."),
  missing: new TenantFailure("forbidden", "The request acts for no tenant, and one is needed."),
  unknown: new TenantFailure("forbidden", "There is no such tenant."),
  suspended: new TenantFailure("forbidden", "The tenant is suspended."),
  unavailable: new TenantFailure("unavailable", "The tenant's record cannot be loaded now."),
  malformed: new TenantFailure("unavailable", "The tenant's record cannot be used."),
} as const;
