import type { AuthInput, IssuerInput } from "../config/auth-types.ts";

/** A token's claims, or what stands for them: a record whose names nobody vouches for. */
export type Claims = Readonly<Record<string, unknown>>;

/** Who is believed, and how: the config's `auth` as validated; durations in milliseconds. */
export interface AuthConfig
  extends Pick<AuthInput, "custom" | "claims" | "revoked" | "cookie" | "origins"> {
  readonly jwt?: readonly IssuerConfig[];
  readonly apiKeys?: ApiKeysConfig;
  readonly clockTolerance: number;
}

/** One issuer of tokens. Which tenants it may speak for is not this room's to judge. */
export interface IssuerConfig extends Omit<IssuerInput, "staleKeys" | "tenants"> {
  readonly staleKeys?: number;
  readonly fetch?: typeof fetch;
}

/** The header's name is in lower case. */
export interface ApiKeysConfig extends Omit<NonNullable<AuthInput["apiKeys"]>, "cacheFor"> {
  readonly cacheFor?: number;
}

/** Something that the owner of the service should know of; never holds a credential. */
export interface AuthEvent {
  readonly source: "jwks" | "apiKeys" | "custom" | "revoked";
  readonly message: string;
  readonly error?: unknown;
}

/** What the room needs of its surroundings. */
export interface AuthHost {
  /** Epoch milliseconds. */
  readonly now: () => number;
  onEvent(event: AuthEvent): void;
}
