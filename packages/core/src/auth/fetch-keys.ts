import { isTrustworthyUrl } from "../support/trustworthy-url.ts";
import type { IssuerConfig } from "./auth-config.ts";

/** Milliseconds that one document may take, its body included. */
const longestFetch = 5_000;
/** Bytes that one document may have. */
const mostBytes = 1_048_576;
/** Milliseconds after which the place of the keys is looked up anew. */
const discoverAgainAfter = 3_600_000;

/** Fetches an issuer's key set document; rejects with what is wrong, never with what was received. */
export type KeyFetcher = () => Promise<unknown>;

/**
 * Where the keys are: at the URL given as `jwks`, or where the issuer's discovery document says
 * (OpenID Connect Discovery 1.0 §4).
 * @param now epoch milliseconds.
 */
export function createKeyFetcher(config: IssuerConfig, now: () => number): KeyFetcher {
  const get = (url: URL) => fetchJson(url, config.fetch ?? globalThis.fetch);
  if (config.jwks !== undefined) {
    const url = new URL(String(config.jwks));
    return () => get(url);
  }

  // §4.1: a terminating slash is removed before the path is appended.
  const discovery = new URL(`${config.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
  let keys: { readonly url: URL; readonly since: number } | undefined;
  return async () => {
    if (keys === undefined || now() - keys.since >= discoverAgainAfter)
      keys = { url: keysUrl(await get(discovery), config.issuer), since: now() };
    try {
      return await get(keys.url);
    } catch (error) {
      keys = undefined;
      throw error;
    }
  };
}

function keysUrl(document: unknown, issuer: string): URL {
  const { issuer: named, jwks_uri: uri } = (document ?? {}) as Record<string, unknown>;
  if (named !== issuer) throw new Error("the discovery document is another issuer's");
  if (typeof uri !== "string" || !URL.canParse(uri))
    throw new Error("the discovery document has no jwks_uri");
  const url = new URL(uri);
  if (!isTrustworthyUrl(url)) throw new Error("the discovery document's jwks_uri is not https");
  return url;
}

async function fetchJson(url: URL, fetchFunction: typeof fetch): Promise<unknown> {
  const signal = AbortSignal.timeout(longestFetch);
  const timeout = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
  // A fetch that was given may not heed the signal; nobody waits longer for that.
  return Promise.race([timeout, readJson(url, fetchFunction, signal)]);
}

async function readJson(
  url: URL,
  fetchFunction: typeof fetch,
  signal: AbortSignal,
): Promise<unknown> {
  // "manual" refuses redirects below, by their status; "error" does not exist on every edge runtime.
  const response = await fetchFunction(url, {
    headers: { accept: "application/json, application/jwk-set+json" },
    redirect: "manual",
    signal,
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`${url.host} answered with status ${response.status}`);
  }
  const text = await readText(response);
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${url.host} did not answer with JSON`);
  }
}

async function readText(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return "";
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > mostBytes) {
      await reader.cancel();
      throw new Error(`the document is larger than ${mostBytes} bytes`);
    }
    text += decoder.decode(value, { stream: true });
  }
}
