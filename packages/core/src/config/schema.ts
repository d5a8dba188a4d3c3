/** The one zod schema of the config. What it accepts is well formed; that it hangs together is seen to by the engine's `config-references.ts`. */
import type { Facts } from "../facts/facts.ts";
import type { FlagDefinition } from "../flags/types.ts";
import { auth, claim, headerName } from "./auth-schema.ts";
import type {
  FeatureInput,
  FeaturesInput,
  FluxConfig,
  LimitBy,
  PlanInput,
  TenantRecord,
} from "./config-types.ts";
import { requirement } from "./requirement-schema.ts";
import type { Output, Schema } from "./schema-kind.ts";
import { choose, fields, mapped, named, optional, record, withDefault } from "./shapes.ts";
import {
  anything,
  callable,
  duration,
  isWhole,
  objectWith,
  oneOf,
  text,
  value,
  whole,
} from "./values.ts";

const hour = 3_600_000;
const day = 24 * hour;

const units = whole(1, Number.MAX_SAFE_INTEGER, "a whole number from 1 to 2^53 - 1");
const onError = oneOf("deny", "allow", "local");

const lease = fields(
  {
    size: whole(2, 1_000_000, "a whole number from 2 to 1,000,000"),
    ttl: withDefault(duration({ min: 10, max: hour, say: "from 10 ms to 1 hour" }), 1_000),
  },
  "a lease",
);

const feature = fields(
  {
    kind: oneOf("boolean", "static", "metered"),
    per: optional(oneOf("hour", "day", "month")),
    onError: optional(onError),
    lease: optional(lease),
  },
  "a feature",
  (given, place) => {
    const metered = given.kind === "metered";
    if (metered && given.per === undefined)
      place.tell('a metered feature needs its period: "hour", "day" or "month"', "per");
    for (const field of ["per", "onError", "lease"] as const)
      if (!metered && given[field] !== undefined)
        place.tell(`only a metered feature has \`${field}\``, field);
  },
) as Schema<unknown> as Schema<FeatureInput>;

const plan = fields(
  {
    extends: optional(text("a plan")),
    features: withDefault(record(anything(), "features with what the plan grants of each"), {}),
  },
  "a plan",
) as Schema<unknown> as Schema<PlanInput<FeaturesInput, string>>;

const windowRange = { min: 0.001, max: 366 * day, say: "from 1 µs to 366 days" };
/** A field that is `undefined` changes nothing. */
const withoutUndefined = <T extends object>(given: T) =>
  Object.fromEntries(Object.entries(given).filter(([, item]) => item !== undefined)) as T;
const limitOfPlan = choose(
  {
    own: mapped(
      fields(
        {
          quota: optional(units),
          window: optional(duration(windowRange)),
          burst: optional(units),
        },
        "a plan's limit",
      ),
      withoutUndefined,
    ),
    quota: value<number | "unlimited">(
      'a quota, "unlimited" or { quota, window, burst }',
      (given) => given === "unlimited" || (isWhole(given) && given >= 1),
    ),
  },
  (given) => (typeof given === "object" ? "own" : "quota"),
);
const limit = fields(
  {
    quota: units,
    window: duration(windowRange),
    burst: optional(units),
    by: value<LimitBy>(
      '"ip", "principal", "tenant", "apiKey" or a function of the facts',
      (given) =>
        typeof given === "function" ||
        ["ip", "principal", "tenant", "apiKey"].includes(given as string),
    ),
    plans: withDefault(record(limitOfPlan, "plans with what the limit is on each"), {}),
    onError: withDefault(onError, "local"),
    lease: optional(lease),
  },
  "a limit",
);

const tenantForms = {
  claim: fields({ claim }, "tenant.from"),
  header: fields({ header: headerName }, "tenant.from"),
  host: fields(
    {
      host: text('a host with the tenant as its first label, as ":tenant.example.com"', (host) =>
        /^:[A-Za-z_]\w*(\.[A-Za-z0-9-]+)+$/.test(host),
      ),
    },
    "tenant.from",
  ),
  path: fields(
    {
      // What is wrong with one in particular, `config-references.ts` says.
      path: text('the start of a path with one parameter, as "/t/:tenant"'),
    },
    "tenant.from",
  ),
  none: value<never>("{ claim }, { header }, { host } or { path }", () => false),
} as const;
const tenantFrom = choose(
  tenantForms,
  (given) =>
    (["claim", "header", "host", "path"] as const).find(
      (key) => typeof given === "object" && given !== null && Object.hasOwn(given, key),
    ) ?? "none",
);

const tenant = fields(
  {
    from: tenantFrom,
    load: optional(
      callable<
        (id: string) => TenantRecord | null | undefined | Promise<TenantRecord | null | undefined>
      >("a function from a tenant's id to its record"),
    ),
    cache: withDefault(
      fields(
        {
          fresh: withDefault(duration({ min: 0, max: day, say: "of at most 1 day" }), 60_000),
          stale: withDefault(duration({ min: 0, max: day, say: "of at most 1 day" }), 600_000),
          max: withDefault(whole(2, Number.MAX_SAFE_INTEGER, "a whole number from 2"), 10_000),
        },
        "tenant.cache",
      ),
      {},
    ),
    timeout: withDefault(duration({ min: 1, max: 60_000, say: "from 1 ms to 1 minute" }), 5_000),
    onError: withDefault(oneOf("deny", "allow"), "deny"),
  },
  "tenant",
);

const attribute = choose(
  {
    computed: callable<(facts: Facts) => unknown>("a function of the facts"),
    claim: fields({ claim }, "an attribute"),
    header: fields(
      { header: headerName },
      "an attribute ({ header }, { claim } or a function of the facts)",
    ),
  },
  (given) => {
    if (typeof given === "function") return "computed";
    const isClaim = typeof given === "object" && given !== null && Object.hasOwn(given, "claim");
    return isClaim ? "claim" : "header";
  },
) as Schema<unknown> as Schema<NonNullable<FluxConfig["attributes"]>[string]>;

const clientIp = choose(
  {
    computed: callable<(facts: Facts) => string>("a function of the facts"),
    counted: fields(
      {
        trustedHops: optional(whole(0, 32, "a whole number from 0 to 32")),
        ipv6Prefix: optional(whole(32, 128, "a whole number from 32 to 128")),
      },
      "clientIp",
    ),
  },
  (given) => (typeof given === "function" ? "computed" : "counted"),
);

export const config = fields(
  {
    auth: withDefault(auth, {}),
    clientIp: optional(clientIp),
    tenant: optional(tenant),
    features: withDefault(named(feature, "features"), {}),
    plans: withDefault(named(plan, "plans"), {}),
    defaultPlan: optional(text("a plan")),
    // `checkFlag` looks at them.
    flags: withDefault(named(anything<FlagDefinition>(), "flags"), {}),
    attributes: withDefault(named(attribute, "attributes"), {}),
    limits: withDefault(named(limit, "limits"), {}),
    routes: withDefault(
      record(
        choose(
          {
            public: mapped(oneOf("public"), (): Output<typeof requirement> => ({ auth: "none" })),
            asking: requirement,
          },
          (given) => (typeof given === "string" ? "public" : "asking"),
        ),
        'routes: "METHOD /path" with what each asks for',
      ),
      {},
    ),
    unmatched: withDefault(oneOf("authenticated", "deny", "public"), "authenticated"),
    onDenied: optional(
      callable<NonNullable<FluxConfig["onDenied"]>>("a function of the decision and the facts"),
    ),
    expose: optional(oneOf("all")),
    explain: withDefault(
      value<boolean>("true or false", (given) => typeof given === "boolean"),
      false,
    ),
    store: optional(
      objectWith<NonNullable<FluxConfig["store"]>>(
        "a store, such as memoryStore() or redisStore(url)",
        "charge",
        "settle",
      ),
    ),
    now: optional(callable<() => number>("a function that gives epoch milliseconds")),
    logger: optional(
      objectWith<NonNullable<FluxConfig["logger"]>>(
        "an object with warn and error",
        "warn",
        "error",
      ),
    ),
  },
  "the config",
);

/** The config as the schema gives it on: durations in ms, defaults filled in, one-or-several always several. */
export type ParsedConfig = Output<typeof config>;
export type ParsedLimit = ParsedConfig["limits"][string];
