/** The one zod schema of the config. What it accepts is well formed; that it hangs together is seen to by the engine's `config-references.ts`. */
import { z } from "zod";
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
    ttl: duration({ min: 10, max: hour, say: "from 10 ms to 1 hour" }).default(1_000),
  },
  "a lease",
);

const feature = fields(
  {
    kind: oneOf("boolean", "static", "metered"),
    per: oneOf("hour", "day", "month").optional(),
    onError: onError.optional(),
    lease: lease.optional(),
  },
  "a feature",
).superRefine((given, context) => {
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
}) as unknown as z.ZodType<FeatureInput>;

const plan = fields(
  {
    extends: text("a plan").optional(),
    features: z
      .record(z.string(), z.unknown(), {
        error: "expected features with what the plan grants of each",
      })
      .default({}),
  },
  "a plan",
) as unknown as z.ZodType<PlanInput<FeaturesInput, string>>;

const windowRange = { min: 0.001, max: 366 * day, say: "from 1 µs to 366 days" };
/** A field that is `undefined` changes nothing. */
const withoutUndefined = <T extends object>(given: T) =>
  Object.fromEntries(Object.entries(given).filter(([, item]) => item !== undefined)) as T;
const limitOfPlan = choose(
  (given) =>
    (typeof given === "object"
      ? fields(
          {
            quota: units.optional(),
            window: duration(windowRange).optional(),
            burst: units.optional(),
          },
          "a plan's limit",
        ).transform(withoutUndefined)
      : value(
          'a quota, "unlimited" or { quota, window, burst }',
          (other) =>
            other === "unlimited" || (Number.isSafeInteger(other) && (other as number) >= 1),
        )) as z.ZodType<number | "unlimited" | { quota?: number; window?: number; burst?: number }>,
);
const limit = fields(
  {
    quota: units,
    window: duration(windowRange),
    burst: units.optional(),
    by: z.custom<LimitBy>(
      (given) =>
        typeof given === "function" ||
        ["ip", "principal", "tenant", "apiKey"].includes(given as string),
      {
        error: (issue: { input?: unknown }) =>
          `expected "ip", "principal", "tenant", "apiKey" or a function of the facts, got ${show(issue.input)}`,
      },
    ),
    plans: z
      .record(z.string(), limitOfPlan, { error: "expected plans with what the limit is on each" })
      .default({}),
    onError: onError.default("local"),
    lease: lease.optional(),
  },
  "a limit",
);

const tenantFrom = choose((given) => {
  const forms = {
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
  };
  const form = (Object.keys(forms) as (keyof typeof forms)[]).find(
    (key) => typeof given === "object" && given !== null && Object.hasOwn(given, key),
  );
  return (
    form === undefined
      ? value("{ claim }, { header }, { host } or { path }", () => false)
      : forms[form]
  ) as z.ZodType<NonNullable<FluxConfig["tenant"]>["from"]>;
});

const tenant = fields(
  {
    from: tenantFrom,
    load: callable<
      (id: string) => TenantRecord | null | undefined | Promise<TenantRecord | null | undefined>
    >("a function from a tenant's id to its record").optional(),
    cache: fields(
      {
        fresh: duration({ min: 0, max: day, say: "of at most 1 day" }).default(60_000),
        stale: duration({ min: 0, max: day, say: "of at most 1 day" }).default(600_000),
        max: value<number>(
          "a whole number from 2",
          (given) => Number.isSafeInteger(given) && (given as number) >= 2,
        ).default(10_000),
      },
      "tenant.cache",
    ).prefault({}),
    timeout: duration({ min: 1, max: 60_000, say: "from 1 ms to 1 minute" }).default(5_000),
    onError: oneOf("deny", "allow").default("deny"),
  },
  "tenant",
);

const attribute = choose(
  (given) =>
    (typeof given === "function"
      ? callable("a function of the facts")
      : typeof given === "object" && given !== null && Object.hasOwn(given, "claim")
        ? fields({ claim }, "an attribute")
        : fields(
            { header: headerName },
            "an attribute ({ header }, { claim } or a function of the facts)",
          )) as z.ZodType<NonNullable<FluxConfig["attributes"]>[string]>,
);

export const config = fields(
  {
    auth: auth.prefault({}),
    clientIp: choose(
      (given) =>
        (typeof given === "function"
          ? callable("a function of the facts")
          : fields(
              {
                trustedHops: value<number>(
                  "a whole number from 0 to 32",
                  (hops) =>
                    Number.isInteger(hops) && (hops as number) >= 0 && (hops as number) <= 32,
                ).optional(),
                ipv6Prefix: value<number>(
                  "a whole number from 32 to 128",
                  (bits) =>
                    Number.isInteger(bits) && (bits as number) >= 32 && (bits as number) <= 128,
                ).optional(),
              },
              "clientIp",
            )) as z.ZodType<NonNullable<FluxConfig["clientIp"]>>,
    ).optional(),
    tenant: tenant.optional(),
    features: named(feature, "features").default({}),
    plans: named(plan, "plans").default({}),
    defaultPlan: text("a plan").optional(),
    // `checkFlag` looks at them.
    flags: named(z.custom<FlagDefinition>(), "flags").default({}),
    attributes: named(attribute, "attributes").default({}),
    limits: named(limit, "limits").default({}),
    routes: z
      .record(
        z.string(),
        choose(
          (given) =>
            (typeof given === "string"
              ? oneOf("public").transform(() => ({ auth: "none" as const }))
              : requirement) as z.ZodType<z.output<typeof requirement>>,
        ),
        { error: 'expected routes: "METHOD /path" with what each asks for' },
      )
      .default({}),
    unmatched: oneOf("authenticated", "deny", "public").default("authenticated"),
    onDenied: callable<NonNullable<FluxConfig["onDenied"]>>(
      "a function of the decision and the facts",
    ).optional(),
    expose: oneOf("all").optional(),
    explain: value<boolean>("true or false", (given) => typeof given === "boolean").default(false),
    store: objectWith<NonNullable<FluxConfig["store"]>>(
      "a store, such as memoryStore() or redisStore(url)",
      "charge",
      "settle",
    ).optional(),
    now: callable<() => number>("a function that gives epoch milliseconds").optional(),
    logger: objectWith<NonNullable<FluxConfig["logger"]>>(
      "an object with warn and error",
      "warn",
      "error",
    ).optional(),
  },
  "the config",
);

/** The config as the schema gives it on: durations in ms, defaults filled in, one-or-several always several. */
export type ParsedConfig = z.output<typeof config>;
export type ParsedLimit = ParsedConfig["limits"][string];
