/** The authenticated user, service or API key on whose word a request acts. */
export interface Principal {
  /** Unique over all issuers: `issuer|subject`. It is the targeting key of every flag. */
  readonly id: string;
  /** How it proved itself. */
  readonly type: "jwt" | "apiKey" | "custom" | "internal";
  /**
   * The token's issuer; `apikey` for an API key, `custom` for a session of one's own that names none,
   * `flux` for a caller named by `flux.as`.
   */
  readonly issuer: string;
  /** The token's `sub`, the API key's id, or what `auth.custom` gave. */
  readonly subject: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
  /**
   * The tenants that it belongs to: the values of `auth.claims.tenants`, the API key's tenant, or what
   * `auth.custom` gave. `undefined` where nothing says (then only a tenant claim of a verified token counts).
   */
  readonly tenants: readonly string[] | undefined;
  /** The tenant that the credential itself names: the API key's, or the one that `auth.custom` says it acts for. */
  readonly tenant: string | undefined;
  /** The verified claims, as the issuer wrote them; for an API key its record, for a custom session what it gave. */
  readonly claims: Readonly<Record<string, unknown>>;
}
