/**
 * The same decision, assembled from what people pick today, as each package's own documentation shows it:
 * jose for the token, OpenFeature over flagd's evaluator for the flag, two limits of express-rate-limit, a
 * quota of rate-limiter-flexible, and a table of plans.
 */
import { FlagdCore } from "@openfeature/flagd-core";
import { OpenFeature, type Provider } from "@openfeature/server-sdk";
import type { NextFunction, Request, RequestHandler, Response } from "express";
import { rateLimit, type Store } from "express-rate-limit";
import type { Redis } from "ioredis";
import { createLocalJWKSet, type JSONWebKeySet, type JWTPayload, jwtVerify } from "jose";
import { RedisStore } from "rate-limit-redis";
import { RateLimiterMemory, RateLimiterRedis } from "rate-limiter-flexible";
import { flagKey, flags, planOf, plans, quotas, scope, tenantsWithout } from "./app.ts";
import { audience, type Identity, issuer, tenants } from "./identity.ts";

interface Caller {
  readonly subject: string;
  readonly tenant: string;
  readonly scopes: readonly string[];
  readonly plan: keyof typeof plans;
}

declare global {
  namespace Express {
    interface Request {
      caller?: Caller;
    }
  }
}

/** s */
const month = 30 * 86_400;
/** s; RateLimiterMemory holds no longer period, by its documentation: its timers would fire at once. */
const longestInMemory = 24 * 86_400;

/** Where the plan of each tenant is looked up. */
const planOfTenant = new Map(
  [...tenants, ...Object.values(tenantsWithout)].map((tenant) => [tenant, planOf(tenant)] as const),
);

/** flagd's evaluator in this process. */
function flagdProvider(): Provider {
  const core = new FlagdCore();
  core.setConfigurations(JSON.stringify({ flags }));
  return {
    metadata: { name: "flagd-core" },
    runsOn: "server",
    resolveBooleanEvaluation: async (key, value, context, logger) =>
      core.resolveBooleanEvaluation(key, value, context, logger),
    resolveStringEvaluation: async (key, value, context, logger) =>
      core.resolveStringEvaluation(key, value, context, logger),
    resolveNumberEvaluation: async (key, value, context, logger) =>
      core.resolveNumberEvaluation(key, value, context, logger),
    resolveObjectEvaluation: async (key, value, context, logger) =>
      core.resolveObjectEvaluation(key, value, context, logger),
  };
}

interface Options {
  /** Where the counters are; default: this process's memory. */
  readonly redis?: Redis | undefined;
  /**
   * Whether tokens are kept once they were verified, as some teams add by themselves: by the token, until it
   * expires, and without a bound, which a service could not afford. Default: false.
   */
  readonly cachesTokens?: boolean;
}

export async function assembledStack(
  { jwks }: Pick<Identity, "jwks">,
  { redis, cachesTokens = false }: Options = {},
): Promise<readonly RequestHandler[]> {
  const keys = createLocalJWKSet(jwks as JSONWebKeySet);
  await OpenFeature.setProviderAndWait(flagdProvider());
  const client = OpenFeature.getClient();

  const storeOf = (prefix: string): { readonly store?: Store } =>
    redis === undefined
      ? {}
      : {
          store: new RedisStore({
            prefix,
            sendCommand: (command: string, ...words: string[]) =>
              redis.call(command, ...words) as Promise<never>,
          }),
        };
  const limit = (name: string, quota: number) =>
    rateLimit({
      windowMs: 60_000,
      limit: quota,
      standardHeaders: "draft-8",
      legacyHeaders: false,
      identifier: name,
      keyGenerator: (request) => (request as Request).caller?.tenant ?? "",
      ...storeOf(`${name}:`),
    });
  const quota = { keyPrefix: "tokens", points: quotas.tokens };
  const tokens =
    redis === undefined
      ? new RateLimiterMemory({ ...quota, duration: longestInMemory })
      : new RateLimiterRedis({ ...quota, duration: month, storeClient: redis });

  const verified = new Map<string, JWTPayload>();
  const verify = async (token: string): Promise<JWTPayload> => {
    const known = cachesTokens ? verified.get(token) : undefined;
    if (known?.exp !== undefined && Date.now() < known.exp * 1_000) return known;
    const { payload } = await jwtVerify(token, keys, { issuer, audience });
    if (cachesTokens) verified.set(token, payload);
    return payload;
  };

  const authenticate = async (request: Request, response: Response, next: NextFunction) => {
    const [scheme, token] = request.headers.authorization?.split(" ") ?? [];
    if (scheme !== "Bearer" || token === undefined)
      return void response.status(401).json({ error: "unauthenticated" });
    try {
      const payload = await verify(token);
      const tenant = String(payload.org_id);
      request.caller = {
        subject: String(payload.sub),
        tenant,
        scopes: String(payload.scope).split(" "),
        plan: planOfTenant.get(tenant) ?? "basic",
      };
    } catch {
      return void response.status(401).json({ error: "invalid_token" });
    }
    next();
  };

  const permit = async (request: Request, response: Response, next: NextFunction) => {
    const { scopes, plan, subject, tenant } = request.caller as Caller;
    if (!scopes.includes(scope)) return void response.status(403).json({ error: "scope" });
    const context = { targetingKey: subject, tenant, plan };
    if (!(await client.getBooleanValue(flagKey, false, context)))
      return void response.status(403).json({ error: "flag" });
    if (!plans[plan].exports) return void response.status(402).json({ error: "plan" });
    next();
  };

  const useTokens = async (request: Request, response: Response, next: NextFunction) => {
    try {
      await tokens.consume((request.caller as Caller).tenant, 1);
    } catch (refusal) {
      // A store that fails rejects with an error, a quota that is used up with its state.
      if (refusal instanceof Error) return next(refusal);
      return void response.status(429).json({ error: "quota" });
    }
    next();
  };

  return [
    authenticate,
    permit,
    limit("api", quotas.api),
    limit("exports", quotas.exports),
    useTokens,
  ];
}
