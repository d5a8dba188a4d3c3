/** The credentials of all who ask, real ones and such as are wrong in one way. */
import { startIdentityProvider } from "../../examples/express/identity-provider.ts";
import { audience, type ClientName, clients, keyOf } from "./callers.ts";
import type { BadCredentials, Caller } from "./cases/case.ts";

export interface Credentials {
  readonly issuer: string;
  readonly silentIssuer: string;
  /** The header line of a caller. */
  lineOf(caller: Caller): string;
  /** A line with `{token of …}` and `{key of …}` filled in. */
  fill(line: string): string;
  close(): Promise<void>;
}

const day = 86_400;

/**
 * Starts the issuer, and has all tokens issued.
 * @param atTime runs something as if it were another time: seconds from the one that the targets live in.
 */
export async function issueCredentials(
  atTime: <T>(offset: number, run: () => Promise<T>) => Promise<T>,
): Promise<Credentials> {
  const options = { clients, audience, lifetime: day };
  const issuer = await startIdentityProvider(options);
  const stranger = await startIdentityProvider(options);
  const silent = await startIdentityProvider(options);
  const tokens = new Map<string, string>();
  const issue = async (name: string, from: typeof issuer, client: ClientName, api?: string) => {
    tokens.set(name, await from.tokenFor(client, { audience: api }));
  };
  await atTime(0, async () => {
    for (const client of Object.keys(clients) as ClientName[]) await issue(client, issuer, client);
    await issue("other API", issuer, "member", "https://billing.example.com");
    await issue("other issuer", stranger, "member");
    await issue("silent issuer", silent, "member");
  });
  await atTime(-2 * day, () => issue("expired", issuer, "member"));
  await Promise.all([stranger.close(), silent.close()]);

  const token = (name: string): string => {
    const known = tokens.get(name);
    if (known === undefined) throw new Error(`nobody has a token called ${name}`);
    return known;
  };
  const bearer = (name: string) => `authorization: Bearer ${token(name)}`;
  const [head, payload, signature] = token("member").split(".") as [string, string, string];
  const turned = signature.startsWith("A") ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
  const none = btoa('{"alg":"none"}').replaceAll("=", "");
  const bad: Record<BadCredentials, string> = {
    garbage: "authorization: Bearer garbage",
    "an unsigned token": `authorization: Bearer ${none}.${payload}.`,
    "a tampered token": `authorization: Bearer ${head}.${payload}.${turned}`,
    "an expired token": bearer("expired"),
    "a token for another API": bearer("other API"),
    "a token of another issuer": bearer("other issuer"),
    "a token of the silent issuer": bearer("silent issuer"),
    "basic credentials": "authorization: Basic bWVtYmVyOnNlY3JldA==",
    "no known key": `x-api-key: ${keyOf("nobody")}`,
    "a short key": "x-api-key: short",
    "a disabled key": `x-api-key: ${keyOf("disabled")}`,
    "a lapsed key": `x-api-key: ${keyOf("lapsed")}`,
    "a key that cannot be looked up": `x-api-key: ${keyOf("unlisted")}`,
  };
  return {
    issuer: issuer.issuer,
    silentIssuer: silent.issuer,
    lineOf(caller) {
      if (caller.startsWith("key of ")) return `x-api-key: ${keyOf(caller.slice(7))}`;
      return bad[caller as BadCredentials] ?? bearer(caller);
    },
    fill: (line) =>
      line.replace(/\{(token|key) of ([\w-]+)\}/g, (_all, kind, name) =>
        kind === "key" ? keyOf(name) : token(name),
      ),
    close: () => issuer.close(),
  };
}
