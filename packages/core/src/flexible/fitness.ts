/**
 * Whether a limiter can count for Flux. What cannot is a mistake of the config, told at start. All of this
 * was read in the sources of rate-limiter-flexible 11.4.
 */
import { isPromise } from "../support/is-promise.ts";
import { show } from "../support/show.ts";
import type { FlexibleLimiter, FlexibleWindow } from "./limiter.ts";

/** Options of a limiter that change what its answers mean. */
export interface LimiterOptions {
  readonly blockDuration?: number;
  readonly blockOnConsumed?: number;
  readonly inMemoryBlockOnConsumed?: number;
  readonly execEvenly?: boolean;
  readonly insuranceLimiter?: unknown;
}

/** Classes that are limiters, but none for Flux. */
const unfit: { readonly [name: string]: string } = {
  RateLimiterUnion:
    "charges several counters, and all of them where one refuses: make one limiter for each limit",
  BurstyRateLimiter:
    "cannot give anything back: fixed windows have no burst, so make the one limiter alone",
  RateLimiterQueue: "makes requests wait instead of refusing them",
  RLWrapperBlackAndWhite:
    "answers for listed keys without counting: make the limiter that it wraps",
  RLWrapperTimeouts:
    "hides its limiter's numbers: make the limiter that it wraps, and give flexibleStore a timeout",
  RateLimiterCluster:
    "keeps one limiter for all plans of a limit, with the numbers of whichever came first: count in sqliteStore or redisStore",
  RateLimiterMemcache:
    "cannot lower a counter (Memcached's incr takes no negative number): nothing could be given back",
  RateLimiterRedisNonAtomic:
    "reads and writes in turn, so requests at the same time are not counted: use RateLimiterRedis",
  RateLimiterDrizzleNonAtomic:
    "reads and writes in turn, so requests at the same time are not counted: use RateLimiterDrizzle",
  RateLimiterEtcd: "never begins a new window: its keys do not expire",
  RateLimiterEtcdNonAtomic: "never begins a new window: its keys do not expire",
};

interface Range {
  /** Seconds. */
  readonly duration: number;
  readonly points: number;
}

/** A counter in a column of 32 bits: a full one and what a refused request adds to it must fit. */
const narrow = 1_000_000_000;
/** A timer of Node's counts 2^31 - 1 ms at most; a longer one fires at once, and drops the counter. */
const longestTimer = 2_147_483;
const unbounded = Number.MAX_SAFE_INTEGER;

const ranges: { readonly [name: string]: Range } = {
  RateLimiterMemory: { duration: longestTimer, points: unbounded },
  RateLimiterRedis: { duration: unbounded, points: unbounded },
  RateLimiterValkey: { duration: unbounded, points: unbounded },
  RateLimiterValkeyGlide: { duration: unbounded, points: unbounded },
  RateLimiterMongo: { duration: unbounded, points: unbounded },
  RateLimiterDynamo: { duration: unbounded, points: unbounded },
  RateLimiterSQLite: { duration: unbounded, points: unbounded },
  RateLimiterPostgres: { duration: unbounded, points: narrow },
  RateLimiterMySQL: { duration: unbounded, points: narrow },
  RateLimiterPrisma: { duration: unbounded, points: narrow },
  RateLimiterDrizzle: { duration: unbounded, points: narrow },
};

/** Of a class that is not the library's own, nothing is known. */
const narrowest: Range = { duration: longestTimer, points: narrow };

const methods = ["consume", "get", "reward", "penalty"] as const;

/** Why what the app made cannot count in a window, for the config's list of mistakes; or `undefined`. */
export function unfitness(limiter: unknown, asked: FlexibleWindow): string | undefined {
  if (typeof limiter !== "object" || limiter === null)
    return `its limiter is ${show(limiter)}: the function given to flexibleStore must return a limiter of rate-limiter-flexible.`;
  if (isPromise(limiter)) {
    Promise.resolve(limiter).catch(() => undefined);
    return "its limiter is a promise: the function given to flexibleStore must return a limiter at once.";
  }
  const classes = classesOf(limiter);
  const name = classes[0] ?? "an object without a class";
  for (const each of classes) if (unfit[each] !== undefined) return `${each} ${unfit[each]}.`;
  const given = limiter as Partial<FlexibleLimiter> & LimiterOptions;
  const missing = methods.filter((method) => typeof given[method] !== "function");
  if (missing.length > 0)
    return `its limiter, ${name}, has no ${missing.join(", no ")}: it is none of rate-limiter-flexible's that Flux can count with.`;
  for (const option of ["points", "duration"] as const)
    if (given[option] !== asked[option])
      return `its limiter has ${option} ${show(given[option])} where ${asked[option]} was asked for: spread the options that the function is given.`;
  if (typeof given.keyPrefix !== "string" || !given.keyPrefix.endsWith(asked.keyPrefix))
    return `its limiter has keyPrefix ${show(given.keyPrefix)}, which must end in ${show(asked.keyPrefix)}, or limits would share counters: spread the options that the function is given.`;
  if (given.execEvenly)
    return "its limiter has execEvenly, which delays requests instead of deciding them: leave it out.";
  if (given.insuranceLimiter)
    return "its limiter has an insuranceLimiter, which counts elsewhere without saying so: leave it out, and let the limit's onError decide.";
  return outOfRange(given, name, ranges[classes.find((each) => ranges[each]) ?? ""] ?? narrowest);
}

function outOfRange(
  { points = 0, duration = 0, blockDuration = 0 }: Partial<FlexibleLimiter> & LimiterOptions,
  name: string,
  most: Range,
): string | undefined {
  if (points > most.points)
    return `quota must be at most ${grouped(most.points)} in ${name}, whose counters may have 32 bits.`;
  for (const [what, seconds] of [["window", duration] as const, ["blockDuration", blockDuration]])
    if (Number(seconds) > most.duration)
      return `${what} must be at most ${grouped(most.duration)} s (24 days) in ${name}: a longer timer fires at once and drops the counter.`;
  return undefined;
}

const grouped = (units: number) => units.toLocaleString("en-GB");

/** The names of an object's class and of those that it extends, the nearest first. */
function classesOf(given: object): readonly string[] {
  const names: string[] = [];
  for (
    let at = Object.getPrototypeOf(given);
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  )
    if (typeof at.constructor === "function") names.push(at.constructor.name);
  return names;
}
