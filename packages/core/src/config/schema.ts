/** The one zod schema of the config. What it accepts is well formed; that it hangs together is seen to by the engine's `config-references.ts`. */
import type { Facts } from "../facts/facts.ts";
import type { FlagDefinition } from "../flags/types.ts";
import { day, hour } from "../support/duration.ts";
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
import {
  choose,
  fields,
  hasField,
  mapped,
  named,
  optional,
  record,
  withDefault,
} from "./shapes.ts";
import {
  anything,
  callable,
  duration,
  isFunction,
  isString,
  isWhole,
  objectWith,
  oneOf,
  text,
  value,
  whole,
} from "./values.ts";

const units = whole(1, Number.MAX_SAFE_INTEGER, "from 1 to 2^53 - 1");
const onError = oneOf("deny", "allow", "local");

const lease = fields(
  {
    size: whole(2, 1_000_000, "from 2 to 1,000,000"),
    ttl: withDefault(duration(10, hour, "from 10 ms to 1 hour"), 1_000),
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
    if (given.kind === "metered") {
      if (given.per === undefined)
        place.tell('a metered feature needs its period: "hour", "day" or "month"', "per");
    } else {
      for (const field of ["per", "onError", "lease"] as const)
        if (given[field] !== undefined)
          place.tell(`only a metered feature has \`${field}\``, field);
    }
  },
) as Schema<unknown> as Schema<FeatureInput>;

const plan = fields(
  {
    extends: optional(text("a plan")),
    features: withDefault(record(anything(), "features with what the plan grants of each"), {}),
  },
  "a plan",
) as Schema<unknown> as Schema<PlanInput<FeaturesInput, string>>;

const limitWindow = duration(0.001, 366 * day, "from 1 µs to 366 days");
const limitChange = fields(
  { quota: optional(units), window: optional(limitWindow), burst: optional(units) },
  "a plan's limit",
);
const otherQuota = value<number | "unlimited">(
  'a quota, "unlimited" or { quota, window, burst }',
  (given) => given === "unlimited" || (isWhole(given) && given >= 1),
);
const limitOfPlan = choose((given) => (typeof given === "object" ? limitChange : otherQuota));
const limit = fields(
  {
    quota: units,
    window: limitWindow,
    burst: optional(units),
    by: value<LimitBy>(
      '"ip", "principal", "tenant", "apiKey" or a function of the facts',
      (given) =>
        isFunction(given) || ["ip", "principal", "tenant", "apiKey"].includes(given as string),
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
const tenantFormNames = Object.keys(tenantForms) as (keyof typeof tenantForms)[];
const tenantFrom = choose(
  (given) => tenantForms[tenantFormNames.find((name) => hasField(given, name)) ?? "none"],
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
          fresh: withDefault(duration(0, day, "of at most 1 day"), 60_000),
          stale: withDefault(duration(0, day, "of at most 1 day"), 600_000),
          max: withDefault(whole(2, Number.MAX_SAFE_INTEGER, "from 2"), 10_000),
        },
        "tenant.cache",
      ),
      {},
    ),
    timeout: withDefault(duration(1, 60_000, "from 1 ms to 1 minute"), 5_000),
    onError: withDefault(oneOf("deny", "allow"), "deny"),
  },
  "tenant",
);

const ofFacts = callable<(facts: Facts) => string>("a function of the facts");

const claimAttribute = fields({ claim }, "an attribute");
const headerAttribute = fields(
  { header: headerName },
  "an attribute ({ header }, { claim } or a function of the facts)",
);
const attribute = choose((given) => {
  if (isFunction(given)) return ofFacts;
  return hasField(given, "claim") ? claimAttribute : headerAttribute;
}) as Schema<unknown> as Schema<NonNullable<FluxConfig["attributes"]>[string]>;

const hops = fields(
  {
    trustedHops: optional(whole(0, 32, "from 0 to 32")),
    ipv6Prefix: optional(whole(32, 128, "from 32 to 128")),
  },
  "clientIp",
);
const clientIp = choose((given) => (isFunction(given) ? ofFacts : hops));

const publicRoute = mapped(oneOf("public"), (): Output<typeof requirement> => ({ auth: "none" }));
const route = choose((given) => (isString(given) ? publicRoute : requirement));

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
    routes: withDefault(record(route, 'routes: "METHOD /path" with what each asks for'), {}),
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
