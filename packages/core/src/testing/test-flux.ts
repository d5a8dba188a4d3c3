/** A Flux for the tests of an app that uses Flux: its own config, without what stands around it in production. */
import { createAuthenticator } from "../auth/authenticator.ts";
import type { FeaturesInput, FlagsInput, FluxConfig, KeysOf } from "../config/config-types.ts";
import type { Keys } from "../config/requirement-types.ts";
import type { Decision } from "../decision/decision.ts";
import { createFlux } from "../engine/create-flux.ts";
import type { Flux } from "../engine/flux.ts";
import { compileEngine } from "../engine/start/compile-engine.ts";
import { readConfig } from "../engine/start/read-config.ts";
import { isPromise } from "../support/is-promise.ts";
import { TestAuthenticator } from "./test-authenticator.ts";
import { createTestClock, type TestClock } from "./test-clock.ts";
import { TestFlags } from "./test-flags.ts";
import { type TestCaller, testPrincipal } from "./test-principal.ts";
import { TestStore } from "./test-store.ts";
import { type TestTenantRecord, TestTenants } from "./test-tenants.ts";

export interface TestFluxOptions {
  /** Where the clock starts: epoch milliseconds, a `Date`, or ISO 8601 with a zone. Default: the time of the call. */
  readonly now?: number | string | Date;
}

/** What a flag can be set to: a variant's name, or `true` or `false` where a variant has that value. */
export type TestVariant<Flag extends Keys["flags"][string]> =
  | Flag["variant"]
  | (unknown extends Flag["value"] ? boolean : Extract<Flag["value"], boolean>);

/** Decisions in the order in which they were made. */
export type RecordedDecisions<K extends Keys = Keys> = readonly Decision<K>[] & {
  /** Forgets them. */
  clear(): void;
};

/** A Flux that a test commands: who calls, what time it is, on which plan a tenant is, how a flag is set. */
export interface TestFlux<K extends Keys = Keys> extends Flux<K> {
  readonly clock: TestClock;
  /**
   * The headers by which a request comes from this caller. They hold for this Flux alone, also after
   * `reset`. A caller with `tenant` acts for it as the config's `tenant.from` says: see `TestCaller`.
   * @throws FluxError `caller_invalid`
   */
  asPrincipal(caller: TestCaller): { readonly authorization: string };
  /**
   * From now on the tenant's record says this, whatever the config's `tenant.load` would. Other tenants are
   * loaded as ever; where the config has no `load`, they are on `defaultPlan`.
   * @throws FluxError `test_invalid` for a plan or a feature that the config does not have.
   */
  withPlan(tenant: string, plan: K["plans"], record?: TestTenantRecord<K>): void;
  /**
   * From now on the flag is this for everybody, also where it is disabled.
   * @param variant a variant, or `true` or `false` for the first one of that value; `null`: as the config says.
   * @throws FluxError `test_invalid`
   */
  withFlag<F extends keyof K["flags"] & string>(
    key: F,
    variant: TestVariant<K["flags"][F]> | null,
  ): void;
  /** Every decision that `decide` and `as(…).decide` made, each guard's on its own; `peek` makes none. */
  readonly decisions: RecordedDecisions<K>;
  /** Counters, plans, flags, decisions and the clock as at the start. Callers stay. */
  reset(): void;
}

/**
 * Makes a Flux of an app's own config for the app's tests: no identity provider, no plans in a database, no
 * store outside this process. All else is as in production; pass it where the app takes its Flux.
 *
 * Of the config it replaces
 * - `auth.jwt`, `apiKeys`, `custom` and `revoked`: nobody is contacted or asked, and only callers of
 *   `asPrincipal` are known. `failures`, `origins`, `cookie` and `realm` stay in force;
 * - `store`: a memory store of its own;
 * - `now`: the `clock`;
 * - `tenant.load`, for tenants named by `withPlan`;
 * - `logger`, where none is given: warnings are not printed (they are in `warnings`), errors are.
 *
 * @throws FluxError `config_invalid` as `defineFlux` does; `test_invalid` for an unreadable `now`.
 */
export function testFlux<
  // biome-ignore lint/complexity/noBannedTypes: no flags means no keys, and `{}` is the type that has none.
  const Flags extends FlagsInput = {},
  // biome-ignore lint/complexity/noBannedTypes: as above, for features.
  const Features extends FeaturesInput = {},
  const Plans extends string = never,
  const Limits extends string = never,
>(
  config: FluxConfig<Flags, Features, Plans, Limits>,
  { now: start = Date.now() }: TestFluxOptions = {},
): TestFlux<KeysOf<Flags, Features, Plans, Limits>> {
  const given = readConfig(config);
  const clock = createTestClock(start);
  const startedAt = clock.now();
  // What only the real one finds wrong, such as a key set that is none, is wrong here too. It asks nobody yet.
  createAuthenticator(given.auth, { now: clock.now, onEvent() {} });
  const authenticator = new TestAuthenticator(given.auth);
  const flags = new TestFlags();
  const tenants = new TestTenants(given);
  const store = new TestStore(clock);
  const settings = {
    ...given,
    tenant: tenants.tenant,
    store,
    now: clock.now,
    logger: given.logger ?? { warn() {}, error: (message: string) => console.error(message) },
  };
  const compiled = compileEngine(settings, {
    authenticator,
    wrapFlags: (inner) => flags.wrap(inner),
  });
  const flux = createFlux(compiled, settings);
  const { decisions, record } = recorder();

  const made: TestFlux = {
    ...flux,
    clock,
    decisions,
    decide: (...asked) => record(flux.decide(...asked)),
    as(caller) {
      const named = flux.as(caller);
      return { decide: (requirement) => record(named.decide(requirement)) };
    },
    asPrincipal: (caller) => ({
      authorization: `Bearer ${authenticator.issue(testPrincipal(caller, given))}`,
    }),
    withPlan(tenant, plan, written) {
      tenants.set(tenant, plan, written);
      flux.invalidate({ tenant });
    },
    withFlag: (key, variant) => flags.set(key, variant),
    reset() {
      clock.set(startedAt);
      store.empty();
      flags.reset();
      for (const tenant of tenants.reset()) flux.invalidate({ tenant });
      decisions.clear();
    },
  };
  return made as unknown as TestFlux<KeysOf<Flags, Features, Plans, Limits>>;
}

function recorder() {
  const list: Decision[] = [];
  // Not enumerable, so that the list prints and compares as one.
  const decisions = Object.defineProperty(list, "clear", {
    value: () => void list.splice(0),
  }) as unknown as RecordedDecisions;
  const note = (decision: Decision): Decision => {
    list.push(decision);
    return decision;
  };
  const record = (decision: Decision | Promise<Decision>): Decision | Promise<Decision> =>
    isPromise(decision) ? decision.then(note) : note(decision);
  return { decisions, record };
}
