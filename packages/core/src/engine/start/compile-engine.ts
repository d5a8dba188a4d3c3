/** A config compiled: nothing of it is parsed, matched by regular expression or walked on the hot path. */
import { type Authenticator, createAuthenticator } from "../../auth/authenticator.ts";
import type { OnError } from "../../config/config-types.ts";
import type { ParsedConfig } from "../../config/schema.ts";
import { compilePlans } from "../../entitlements/catalogue.ts";
import {
  type ClientAddress,
  compileClientAddress,
  unknownAddress,
} from "../../facts/client-address.ts";
import { type CompiledFlags, compileFlags } from "../../flags/compile-flags.ts";
import { type MemoryStore, memoryStore } from "../../limits/memory-store.ts";
import { ratePolicy } from "../../limits/policy.ts";
import { RouteIndex, readRoutes } from "../../route/route-index.ts";
import { type Account, accountOwner } from "../account.ts";
import { Listeners } from "../answer/listeners.ts";
import { failuresName } from "../charges/failures.ts";
import { compileAttributes, seeRequest } from "../checks/flag-context.ts";
import type { Engine } from "../engine.ts";
import { compileRequirement } from "../requirement.ts";
import { Combinations } from "../walk/routing.ts";
import { compileTenants } from "./compile-tenants.ts";
import { compileLimit, compileMetered, type MeteredFeature } from "./compiled-limits.ts";
import { unmatchedRequirement } from "./unmatched.ts";
import { startWarnings } from "./warnings.ts";

export interface CompiledConfig {
  readonly engine: Engine;
  /** What is not wrong, but probably not meant. */
  readonly warnings: readonly string[];
}

/** What a test puts in place of the config's own. */
export interface Seams {
  readonly authenticator?: Authenticator;
  /** Asked before anything is compiled that reads flags. */
  readonly wrapFlags?: (flags: CompiledFlags) => CompiledFlags;
}

export function compileEngine(config: ParsedConfig, seams: Seams = {}): CompiledConfig {
  const now = config.now ?? Date.now;
  const logger = config.logger ?? console;
  const { failures } = config.auth;
  const listeners = new Listeners((message) => logger.error(message), now);
  const report = (source: string, message: string, error?: unknown) =>
    listeners.report({ source, message, error });

  const features = Object.entries(config.features);
  const plans = compilePlans(config.features, config.plans);
  const defaultPlan = config.defaultPlan === undefined ? undefined : plans.get(config.defaultPlan);
  const metered = new Map<string, MeteredFeature>();
  for (const [name, feature] of features)
    if (feature.kind === "metered") metered.set(name, compileMetered(name, feature));
  const limits = new Map(
    Object.entries(config.limits).map(([name, limit]) => [name, compileLimit(name, limit, plans)]),
  );
  const flagReads = { now: 0, changing: 0 };
  const readClock = () => {
    flagReads.changing++;
    return flagReads.now;
  };
  const compiledFlags = compileFlags(config.flags, { now: readClock });
  const flags = seams.wrapFlags?.(compiledFlags) ?? compiledFlags;
  const definitions = { flags, metered, limits };
  const routes = Object.entries(config.routes).map(
    ([key, requirement]) => [key, compileRequirement(requirement, definitions, key)] as const,
  );
  const index = new RouteIndex(readRoutes(routes).entries);

  const plainAccount = (id: string, isTenant: boolean): Account => ({
    id,
    isTenant,
    owner: accountOwner(id, isTenant),
    plan: defaultPlan,
    suspended: false,
    overrides: undefined,
  });
  const store = config.store ?? memoryStore();
  const connected = Promise.resolve(store.connect?.({ now }));
  // Whoever awaits `ready` hears of it; a request hears of it by its charge.
  connected.catch((error) => report("store", "The store could not connect", error));

  const engine: Engine = {
    now,
    timed: config.explain,
    explainsCosts: config.explain,
    exposeFlags: config.expose === "all",
    realm: config.auth.realm,
    index,
    checksOutcomes: config.store !== undefined,
    combinations: new Combinations(),
    open: compileRequirement({ auth: "none" }, definitions),
    unmatched: unmatchedRequirement(config.unmatched, definitions),
    clientAddress: compileAddress(config.clientIp, report),
    auth:
      seams.authenticator ??
      createAuthenticator(config.auth, {
        now,
        onEvent: (event) => listeners.report(event),
      }),
    failures: failures === undefined ? undefined : ratePolicy({ name: failuresName, ...failures }),
    tenants: compileTenants(config, { plans, plainAccount, now, report }),
    plainAccount,
    plans,
    defaultPlan,
    featureKinds: new Map(features.map(([name, { kind }]) => [name, kind])),
    metered,
    limits,
    flags,
    definitions,
    flagReads,
    attributes: compileAttributes(config.attributes),
    flagsSeeRequest: seeRequest(config.attributes),
    store,
    connected,
    localStore: localStoreOf(now),
    localOutcomes: new WeakSet(),
    onErrorOf: onErrors(config),
    listeners,
    report,
  };
  const warnings = [
    ...flags.warnings.map(({ path, message }) => `${path}: ${message}`),
    ...startWarnings(config, plans, index, routes),
  ];
  for (const warning of warnings) logger.warn(`[flux] ${warning}`);
  return { engine, warnings };
}

/** An address that the config's function fails to tell is nobody's in particular: such clients count together. */
function compileAddress(
  clientIp: ParsedConfig["clientIp"],
  report: Engine["report"],
): ClientAddress {
  const read = compileClientAddress(clientIp);
  if (typeof clientIp !== "function") return read;
  return (facts) => {
    try {
      return read(facts);
    } catch (error) {
      report("clientIp", "The client's address could not be told", error);
      return unknownAddress;
    }
  };
}

/** What a failing store means for each policy; where nothing is said, a metered feature is denied. */
function onErrors({ features, limits }: ParsedConfig): (policyId: string) => OnError {
  const policies = new Map<string, OnError | undefined>([[`limit:${failuresName}`, "local"]]);
  for (const [name, feature] of Object.entries(features))
    if (feature.kind === "metered") policies.set(`feature:${name}`, feature.onError);
  for (const [name, { onError }] of Object.entries(limits)) policies.set(`limit:${name}`, onError);
  return (policyId) => policies.get(policyId) ?? "deny";
}

/** The store that counts where the config's cannot be reached; it is made when first asked for. */
function localStoreOf(now: () => number): () => MemoryStore {
  let store: MemoryStore | undefined;
  return () => {
    if (store === undefined) {
      store = memoryStore();
      store.connect({ now });
    }
    return store;
  };
}
