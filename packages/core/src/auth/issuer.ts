import { FluxError } from "../errors.ts";
import { isTokenIssuer, tokenIssuerForm } from "../support/issuer-names.ts";
import { asymmetricAlgorithms, hmacSecretBytes } from "../support/jws-algorithms.ts";
import { isTrustworthyUrl } from "../support/trustworthy-url.ts";
import type { AuthHost, IssuerConfig } from "./auth-config.ts";
import { createKeyFetcher } from "./fetch-keys.ts";
import { IssuerKeys } from "./issuer-keys.ts";
import { mediaType } from "./jws/media-type.ts";
import { JsonWebKeySet, secretKeySet } from "./key-set.ts";
import { TokenCache } from "./token-cache.ts";

/** Verified tokens remembered per issuer, and as many that came as cookies. */
export const tokensPerIssuer = 10_000;

/** One issuer, compiled: what it must write, with what keys, and which of its tokens are known good. */
export interface Issuer {
  readonly name: string;
  readonly algorithms: ReadonlySet<string>;
  /** `undefined`: any. */
  readonly audiences: readonly string[] | undefined;
  /** As `mediaType` spells it; `undefined`: any. */
  readonly typ: string | undefined;
  readonly keys: IssuerKeys;
  /** Its tokens that are known good, so that no issuer's tokens crowd out another's: by the whole header. */
  readonly known: TokenCache;
  /** The same for those that come as cookies: a header without its scheme must not find one of them. */
  readonly knownCookies: TokenCache;
}

/** @throws FluxError `config_invalid`, where what is configured would open a way in. */
export function createIssuer(config: IssuerConfig, host: AuthHost): Issuer {
  const secret =
    typeof config.secret === "string"
      ? new TextEncoder().encode(config.secret)
      : config.secret?.slice();
  if (!isTokenIssuer(config.issuer)) throw wrong(config, `expected a name ${tokenIssuerForm}`);
  return {
    name: config.issuer,
    algorithms: new Set(acceptedAlgorithms(config, secret)),
    audiences: config.audience === false ? undefined : [config.audience].flat(),
    typ: config.typ === undefined ? undefined : mediaType(config.typ),
    keys: keysOf(config, secret, host),
    known: new TokenCache(tokensPerIssuer),
    knownCookies: new TokenCache(tokensPerIssuer),
  };
}

/**
 * Never algorithms of both families: with both, a public key would pass as the secret of an HMAC.
 */
function acceptedAlgorithms(
  config: IssuerConfig,
  secret: Uint8Array | undefined,
): readonly string[] {
  const fitting: readonly string[] =
    secret === undefined
      ? asymmetricAlgorithms
      : Object.entries(hmacSecretBytes)
          .filter(([, bytes]) => secret.length >= bytes)
          .map(([name]) => name);
  if (fitting.length === 0) throw wrong(config, "the secret has fewer than 32 bytes");
  const refused = config.algorithms?.filter((name) => !fitting.includes(name)) ?? [];
  if (refused.length > 0)
    throw wrong(config, `${refused.join(", ")} cannot be used with its kind or size of key`);
  return config.algorithms ?? fitting;
}

function keysOf(config: IssuerConfig, secret: Uint8Array | undefined, host: AuthHost): IssuerKeys {
  const { issuer, jwks, staleKeys } = config;
  if (secret !== undefined) return new IssuerKeys(issuer, host, secretKeySet(secret));
  if (typeof jwks === "object" && !(jwks instanceof URL)) {
    try {
      return new IssuerKeys(issuer, host, new JsonWebKeySet(jwks));
    } catch {
      throw wrong(config, "its jwks is not a JSON Web Key Set (RFC 7517 §5)");
    }
  }
  if (!isTrustworthyUrl(jwks ?? issuer))
    throw wrong(config, "its keys must come from an https URL, or http on a loopback host");
  const noKeys = new JsonWebKeySet({ keys: [] });
  return new IssuerKeys(issuer, host, noKeys, createKeyFetcher(config, host.now), staleKeys);
}

function wrong(config: IssuerConfig, problem: string): FluxError {
  const message = `issuer ${JSON.stringify(config.issuer)}: ${problem}`;
  return new FluxError("config_invalid", message, { problems: [{ path: "auth.jwt", message }] });
}
