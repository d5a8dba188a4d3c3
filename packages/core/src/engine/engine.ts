/** What all decisions of one config share: the compiled config and the services that it decides with. */
import type { Authenticator } from "../auth/authenticator.ts";
import type { OnError } from "../config/config-types.ts";
import type { CompiledPlan, FeatureKind } from "../entitlements/catalogue.ts";
import type { Facts } from "../facts/facts.ts";
import type { CompiledFlags } from "../flags/compile-flags.ts";
import type { MemoryStore } from "../limits/memory-store.ts";
import type { RatePolicy } from "../limits/policy.ts";
import type { Outcome, Store } from "../limits/store.ts";
import type { RouteIndex } from "../route/route-index.ts";
import type { TenantDirectory } from "../tenant/directory.ts";
import type { ResolveTenant } from "../tenant/resolve.ts";
import type { Account } from "./account.ts";
import type { Listeners } from "./answer/listeners.ts";
import type { CompiledAttributes } from "./checks/flag-context.ts";
import type { CompiledRequirement, Definitions } from "./requirement.ts";
import type { CompiledLimit, MeteredFeature } from "./start/compiled-limits.ts";
import type { Combinations } from "./walk/routing.ts";

/** What flags read beside their caller. */
interface FlagReads {
  /** The time at which they are read, epoch milliseconds; set before each evaluation. */
  now: number;
  /**
   * How often a flag has read what may be otherwise for the same caller: the time, or what the request says. A
   * flag that has not, for some caller, gives that caller the same each time.
   */
  changing: number;
}

export interface Engine {
  readonly now: () => number;
  /** Whether decisions are timed: somebody listens, or explanations tell costs. */
  timed: boolean;
  readonly explainsCosts: boolean;
  readonly exposeFlags: boolean;
  readonly realm: string;

  readonly index: RouteIndex<CompiledRequirement>;
  /** The requirements of several routes and guards, joined. */
  readonly combinations: Combinations;
  /** What asks for nothing. */
  readonly open: CompiledRequirement;
  /** What a request asks for that no route matches. */
  readonly unmatched: CompiledRequirement;

  readonly clientAddress: (facts: Facts) => string;
  readonly auth: Authenticator;
  /** The counter of failed credentials by address; `undefined`: not counted. */
  readonly failures: RatePolicy | undefined;
  readonly tenants:
    | {
        readonly resolve: ResolveTenant;
        /** Whether the principal alone tells its tenant, the same each time. */
        readonly byPrincipal: boolean;
        readonly directory: TenantDirectory<Account> | undefined;
      }
    | undefined;
  /** The account without a record: a tenant on the default plan, or the principal for itself. */
  readonly plainAccount: (id: string, isTenant: boolean) => Account;

  readonly plans: ReadonlyMap<string, CompiledPlan>;
  /** The plan of whoever has no other. */
  readonly defaultPlan: CompiledPlan | undefined;
  readonly featureKinds: ReadonlyMap<string, FeatureKind>;
  readonly metered: ReadonlyMap<string, MeteredFeature>;
  readonly limits: ReadonlyMap<string, CompiledLimit>;
  readonly flags: CompiledFlags;
  /** What names in a guard's requirement stand for. */
  readonly definitions: Definitions;
  readonly flagReads: FlagReads;
  readonly attributes: CompiledAttributes;
  /** Whether one of them may be otherwise in another request of the same caller. */
  readonly flagsSeeRequest: boolean;

  readonly store: Store;
  /** Whether the store's answers are looked at before they are believed: it is one that was given. */
  readonly checksOutcomes: boolean;
  /** The store's connection, where it needs one. */
  readonly connected: Promise<void>;
  /** Counts in this process while the store cannot be reached; it is made when first needed. */
  readonly localStore: () => MemoryStore;
  /** The outcomes that came from the local store. */
  readonly localOutcomes: WeakSet<Outcome>;
  /** What a failing store means for a charge. */
  readonly onErrorOf: (policyId: string) => OnError;

  readonly listeners: Listeners;
  /** Tells whoever runs the service that a source failed. */
  report(source: string, message: string, error?: unknown): void;
}
