/** The one zod schema of the config. What it accepts is well formed; that it hangs together is seen to by the engine's `config-references.ts`. */
import * as z from "zod/mini";
import type { Facts } from "../facts/facts.ts";
import type { FlagDefinition } from "../flags/types.ts";
import { show } from "../support/show.ts";
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
import {
  callable,
  choose,
  duration,
  fields,
  mapped,
  named,
  objectWith,
  oneOf,
  text,
  value,
} from "./shapes.ts";

const hour = 3_600_000;
const day = 24 * hour;

const units = value<number>(
  "a whole number from 1 to 2^53 - 1",
  (given) => Number.isSafeInteger(given) && (given as number) >= 1,
);
const onError = oneOf("deny", "allow", "local");

const lease = fields(
  {
    size: value<number>(
      "a whole number from 2 to 1,000,000",
      (given) => Number.isSafeInteger(given) && Number(given) >= 2 && Number(given) <= 1_000_000,
    ),
    ttl: z._default(duration({ min: 10, max: hour, say: "from 10 ms to 1 hour" }), 1_000),
  },
  "a lease",
);

const feature = fields(
  {
    kind: oneOf("boolean", "static", "metered"),
    per: z.optional(oneOf("hour", "day", "month")),
    onError: z.optional(onError),
    lease: z.optional(lease),
  },
  "a feature",
).check(
  z.superRefine((given, context) => {
    const metered = given.kind === "metered";
    if (metered && given.per === undefined)
      context.addIssue({
        code: "custom",
        path: ["per"],
        message: 'a metered feature needs its period: "hour", "day" or "month"',
      });
    for (const field of ["per", "onError", "lease"] as const)
      if (!metered && given[field] !== undefined)
        context.addIssue({
          code: "custom",
          path: [field],
          message: `only a metered feature has \`${field}\``,
        });
  }),
) as unknown as z.ZodMiniType<FeatureInput>;

const plan = fields(
  {
    extends: z.optional(text("a plan")),
    features: z._default(
      z.record(z.string(), z.unknown(), {
        error: "expected features with what the plan grants of each",
      }),
      {},
    ),
  },
  "a plan",
) as unknown as z.ZodMiniType<PlanInput<FeaturesInput, string>>;

const windowRange = { min: 0.001, max: 366 * day, say: "from 1 µs to 366 days" };
/** A field that is `undefined` changes nothing. */
const withoutUndefined = <T extends object>(given: T) =>
  Object.fromEntries(Object.entries(given).filter(([, item]) => item !== undefined)) as T;
const limitOfPlan = choose(
  {
    own: () =>
      mapped(
        fields(
          {
            quota: z.optional(units),
            window: z.optional(duration(windowRange)),
            burst: z.optional(units),
          },
          "a plan's limit",
        ),
        withoutUndefined,
      ),
    quota: () =>
      value<number | "unlimited">(
        'a quota, "unlimited" or { quota, window, burst }',
        (given) => given === "unlimited" || (Number.isSafeInteger(given) && (given as number) >= 1),
      ),
  },
  (given) => (typeof given === "object" ? "own" : "quota"),
);
const limit = fields(
  {
    quota: units,
    window: duration(windowRange),
    burst: z.optional(units),
    by: z.custom<LimitBy>(
      (given) =>
        typeof given === "function" ||
        ["ip", "principal", "tenant", "apiKey"].includes(given as string),
      {
        error: (issue: { input?: unknown }) =>
          `expected "ip", "principal", "tenant", "apiKey" or a function of the facts, got ${show(issue.input)}`,
      },
    ),
    plans: z._default(
      z.record(z.string(), limitOfPlan, { error: "expected plans with what the limit is on each" }),
      {},
    ),
    onError: z._default(onError, "local"),
    lease: z.optional(lease),
  },
  "a limit",
);

const tenantForms = {
  claim: () => fields({ claim }, "tenant.from"),
  header: () => fields({ header: headerName }, "tenant.from"),
  host: () =>
    fields(
      {
        host: text('a host with the tenant as its first label, as ":tenant.example.com"', (host) =>
          /^:[A-Za-z_]\w*(\.[A-Za-z0-9-]+)+$/.test(host),
        ),
      },
      "tenant.from",
    ),
  path: () =>
    fields(
      {
        // What is wrong with one in particular, `config-references.ts` says.
        path: text('the start of a path with one parameter, as "/t/:tenant"'),
      },
      "tenant.from",
    ),
  none: () => value<never>("{ claim }, { header }, { host } or { path }", () => false),
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
    load: z.optional(
      callable<
        (id: string) => TenantRecord | null | undefined | Promise<TenantRecord | null | undefined>
      >("a function from a tenant's id to its record"),
    ),
    cache: z.prefault(
      fields(
        {
          fresh: z._default(duration({ min: 0, max: day, say: "of at most 1 day" }), 60_000),
          stale: z._default(duration({ min: 0, max: day, say: "of at most 1 day" }), 600_000),
          max: z._default(
            value<number>(
              "a whole number from 2",
              (given) => Number.isSafeInteger(given) && (given as number) >= 2,
            ),
            10_000,
          ),
        },
        "tenant.cache",
      ),
      {},
    ),
    timeout: z._default(duration({ min: 1, max: 60_000, say: "from 1 ms to 1 minute" }), 5_000),
    onError: z._default(oneOf("deny", "allow"), "deny"),
  },
  "tenant",
);

const attribute = choose(
  {
    computed: () => callable<(facts: Facts) => unknown>("a function of the facts"),
    claim: () => fields({ claim }, "an attribute"),
    header: () =>
      fields(
        { header: headerName },
        "an attribute ({ header }, { claim } or a function of the facts)",
      ),
  },
  (given) => {
    if (typeof given === "function") return "computed";
    const isClaim = typeof given === "object" && given !== null && Object.hasOwn(given, "claim");
    return isClaim ? "claim" : "header";
  },
) as unknown as z.ZodMiniType<NonNullable<FluxConfig["attributes"]>[string]>;

const integer = (from: number, to: number) =>
  value<number>(
    `a whole number from ${from} to ${to}`,
    (given) => Number.isInteger(given) && (given as number) >= from && (given as number) <= to,
  );

const clientIp = choose(
  {
    computed: () => callable<(facts: Facts) => string>("a function of the facts"),
    counted: () =>
      fields(
        {
          trustedHops: z.optional(integer(0, 32)),
          ipv6Prefix: z.optional(integer(32, 128)),
        },
        "clientIp",
      ),
  },
  (given) => (typeof given === "function" ? "computed" : "counted"),
);

export const config = fields(
  {
    auth: z.prefault(auth, {}),
    clientIp: z.optional(clientIp),
    tenant: z.optional(tenant),
    features: z._default(named(feature, "features"), {}),
    plans: z._default(named(plan, "plans"), {}),
    defaultPlan: z.optional(text("a plan")),
    // `checkFlag` looks at them.
    flags: z._default(named(z.custom<FlagDefinition>(), "flags"), {}),
    attributes: z._default(named(attribute, "attributes"), {}),
    limits: z._default(named(limit, "limits"), {}),
    routes: z._default(
      z.record(
        z.string(),
        choose(
          {
            public: () =>
              mapped(oneOf("public"), (): z.output<typeof requirement> => ({ auth: "none" })),
            asking: () => requirement,
          },
          (given) => (typeof given === "string" ? "public" : "asking"),
        ),
        { error: 'expected routes: "METHOD /path" with what each asks for' },
      ),
      {},
    ),
    unmatched: z._default(oneOf("authenticated", "deny", "public"), "authenticated"),
    onDenied: z.optional(
      callable<NonNullable<FluxConfig["onDenied"]>>("a function of the decision and the facts"),
    ),
    expose: z.optional(oneOf("all")),
    explain: z._default(
      value<boolean>("true or false", (given) => typeof given === "boolean"),
      false,
    ),
    store: z.optional(
      objectWith<NonNullable<FluxConfig["store"]>>(
        "a store, such as memoryStore() or redisStore(url)",
        "charge",
        "settle",
      ),
    ),
    now: z.optional(callable<() => number>("a function that gives epoch milliseconds")),
    logger: z.optional(
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
export type ParsedConfig = z.output<typeof config>;
export type ParsedLimit = ParsedConfig["limits"][string];
