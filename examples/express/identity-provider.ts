import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Adapter, type JWK, Provider } from "oidc-provider";
import { customers, audience as defaultAudience } from "./clients.ts";

/** A program that may ask for tokens by the client credentials grant (RFC 6749, section 4.4). */
export interface Client {
  /** The scopes that its tokens carry. Default: none. */
  readonly scopes?: readonly string[];
  /** Further claims of its tokens, such as its tenant and its roles. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Seconds that its tokens live. Default: those of the provider. */
  readonly lifetime?: number;
}

export interface IdentityProviderOptions<Name extends string = string> {
  /** The port on 127.0.0.1. Default: 0, any free one. */
  readonly port?: number;
  /** The API that the tokens are for, unless `tokenFor` names another. */
  readonly audience?: string;
  /** Default: the customers of this example. */
  readonly clients?: Readonly<Record<Name, Client>>;
  /** Seconds that a token lives. Default: 600. */
  readonly lifetime?: number;
  /** The signature of the tokens. Default: ES256. */
  readonly algorithm?: "ES256" | "RS256";
  /** Sees every request before the provider does; what it returns is waited for (to count, to delay). */
  readonly onRequest?: (request: IncomingMessage) => unknown;
}

export interface IdentityProvider<Name extends string = string> {
  readonly issuer: string;
  readonly port: number;
  /** Asks, over HTTP, for an access token in the client's name. */
  tokenFor(client: Name, options?: { audience?: string | undefined }): Promise<string>;
  /** Signs with a new key from now on; the old one leaves the key set, unless it is kept. */
  rotate(options?: { keepOld?: boolean }): Promise<void>;
  /** Goes down at once: every connection is cut and new ones are refused. */
  kill(): Promise<void>;
  /** Comes back after `kill`, on the same port and with the same keys. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** A real OpenID provider on loopback, with keys of its own: what Auth0, Okta or Keycloak is to you. */
export async function startIdentityProvider<Name extends string = keyof typeof customers>(
  options: IdentityProviderOptions<Name> = {},
): Promise<IdentityProvider<Name>> {
  const clients = (options.clients ?? customers) as Record<string, Client>;
  const algorithm = options.algorithm ?? "ES256";
  const secret = crypto.randomUUID();

  let answer: (request: IncomingMessage, response: ServerResponse) => unknown = () => undefined;
  const server = createServer(async (request, response) => {
    await options.onRequest?.(request);
    answer(request, response);
  });
  const port = await listen(options.port ?? 0);
  const issuer = `http://127.0.0.1:${port}`;

  let keys: JWK[] = [];
  await rotate();

  async function rotate({ keepOld = false } = {}): Promise<void> {
    const key = await newKey(algorithm);
    keys = keepOld ? [key, ...keys] : [key];
    answer = provider(key).callback();
  }

  function provider(signingKey: JWK): Provider {
    return new Provider(issuer, {
      adapter: Forgetful,
      jwks: { keys },
      clientDefaults: { id_token_signed_response_alg: algorithm },
      clients: Object.keys(clients).map((client_id) => ({
        client_id,
        client_secret: secret,
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
      })),
      scopes: [...new Set(Object.values(clients).flatMap((client) => client.scopes ?? []))],
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_context, resource, { clientId }) => ({
            audience: resource,
            scope: (clients[clientId]?.scopes ?? []).join(" "),
            accessTokenFormat: "jwt",
            jwt: { sign: { alg: algorithm, kid: signingKey.kid } },
          }),
        },
      },
      extraTokenClaims: (_context, token) => ({ ...clients[token.clientId ?? ""]?.claims }),
      ttl: {
        ClientCredentials: (_context, _token, { clientId }) =>
          clients[clientId]?.lifetime ?? options.lifetime ?? 600,
      },
    });
  }

  async function tokenFor(client: Name, { audience = options.audience ?? defaultAudience } = {}) {
    const response = await fetch(`${issuer}/token`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa(`${client}:${secret}`)}` },
      body: new URLSearchParams({
        grant_type: "client_credentials",
        resource: audience,
        scope: (clients[client]?.scopes ?? []).join(" "),
      }),
    });
    const body = (await response.json()) as { access_token?: string; error_description?: string };
    if (!body.access_token) throw new Error(`no token for ${client}: ${body.error_description}`);
    return body.access_token;
  }

  async function listen(onPort: number): Promise<number> {
    server.listen(onPort, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  }

  async function kill(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  }

  return {
    issuer,
    port,
    tokenFor,
    rotate,
    kill,
    restart: async () => void (await listen(port)),
    close: kill,
  };
}

async function newKey(algorithm: "ES256" | "RS256"): Promise<JWK> {
  const shape =
    algorithm === "ES256"
      ? { name: "ECDSA", namedCurve: "P-256" }
      : {
          name: "RSASSA-PKCS1-v1_5",
          modulusLength: 2048,
          publicExponent: new Uint8Array([1, 0, 1]),
          hash: "SHA-256",
        };
  const { privateKey } = await crypto.subtle.generateKey(shape, true, ["sign", "verify"]);
  // Without `key_ops`: the provider would publish the private key's "sign" for the public one.
  const { key_ops, ext, ...jwk } = await crypto.subtle.exportKey("jwk", privateKey);
  return { ...jwk, kid: crypto.randomUUID(), use: "sig", alg: algorithm } as JWK;
}

/** Its tokens carry all there is to know, so nothing has to be stored. */
class Forgetful implements Adapter {
  async upsert() {}
  async find() {
    return undefined;
  }
  async findByUid() {
    return undefined;
  }
  async findByUserCode() {
    return undefined;
  }
  async consume() {}
  async destroy() {}
  async revokeByGrantId() {}
}
