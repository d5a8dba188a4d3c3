import type { TenantRecord } from "../config/config-types.ts";
import type { Keys } from "../config/requirement-types.ts";
import type { ParsedConfig } from "../config/schema.ts";
import { readOverrides } from "../entitlements/overrides.ts";
import { FluxError } from "../errors.ts";
import { didYouMean } from "../support/nearest.ts";
import { show } from "../support/show.ts";

type Override = NonNullable<TenantRecord["overrides"]>[string];

/** What a tenant's record says beside its plan. */
export interface TestTenantRecord<K extends Keys = Keys> {
  /** Grants of this tenant alone, in place of its plan's; each may expire. */
  readonly overrides?: { readonly [F in K["features"] | K["metered"]]?: Override };
  /** `"suspended"` refuses every request. */
  readonly status?: string;
}

/** Tenants whose records a test has written; all others are the config's to load. */
export class TestTenants {
  readonly #config: ParsedConfig;
  readonly #records = new Map<string, TenantRecord>();
  /** Those whose records may be cached. */
  readonly #asked = new Set<string>();

  constructor(config: ParsedConfig) {
    this.#config = config;
  }

  /** The config's `tenant`, with a `load` that knows the test's records first. */
  get tenant(): ParsedConfig["tenant"] {
    const { tenant } = this.#config;
    if (tenant === undefined) return undefined;
    return {
      ...tenant,
      load: (id) => {
        this.#asked.add(id);
        const written = this.#records.get(id);
        if (written !== undefined) return written;
        // Without `load` every tenant is on `defaultPlan`, and an empty record says the same.
        return tenant.load === undefined ? {} : tenant.load(id);
      },
    };
  }

  /** @throws FluxError `test_invalid` where the config could not load such a record. */
  set(id: string, plan: string, record: TestTenantRecord = {}): void {
    const { tenant, plans, features } = this.#config;
    const wrong = (what: string) => new FluxError("test_invalid", `withPlan: ${what}`);
    if (tenant === undefined)
      throw wrong("the config has no `tenant`, so everybody is on its `defaultPlan`.");
    if (typeof id !== "string" || id === "" || id.length > 256)
      throw wrong(`a tenant's id is a string of 1 to 256 characters, not ${show(id)}.`);
    const known = Object.keys(plans);
    if (known.length === 0) throw wrong("the config has no `plans`.");
    if (!Object.hasOwn(plans, plan))
      throw wrong(
        `there is no plan ${show(plan)}.${didYouMean(String(plan), known)} Known: ${known.join(", ")}.`,
      );
    const { overrides, status } = record;
    if (status !== undefined && typeof status !== "string")
      throw wrong(`a status is a string, not ${show(status)}.`);
    const { malformed, unknown } = readOverrides(features, overrides);
    if (malformed !== undefined) throw wrong(`${malformed}.`);
    const [stranger] = unknown;
    if (stranger !== undefined)
      throw wrong(
        `overrides: there is no feature ${show(stranger)}.${didYouMean(stranger, Object.keys(features))}`,
      );
    this.#records.set(id, { plan, overrides, status } as TenantRecord);
  }

  /** Forgets what the test wrote, and tells which tenants must be looked at again. */
  reset(): readonly string[] {
    this.#records.clear();
    return [...this.#asked];
  }
}
