import type { ClusterNode, ClusterOptions, RedisOptions } from "ioredis";
import { FluxError } from "../errors.ts";
import { type Duration, parseDuration } from "../support/duration.ts";
import { show } from "../support/show.ts";

/** How the store finds its server, and what it may take. */
export interface RedisStoreOptions {
  /** One server: `redis://` or `rediss://` (TLS), with user, password and database where needed. */
  readonly url?: string;
  /** Redis Cluster: some of its nodes, as URLs or `{ host, port }`. In place of `url`. */
  readonly cluster?: readonly (string | { readonly host: string; readonly port: number })[];
  /** Redis Sentinel: the sentinels. In place of `url`; `name` says which master. */
  readonly sentinels?: readonly { readonly host: string; readonly port: number }[];
  /** The sentinels' name of the master. */
  readonly name?: string;
  /**
   * More of ioredis's options for the connection: TLS, password, address family and so on. What decides
   * how often and how long is tried (retries, timeouts, queues) is the store's own, and refused here.
   */
  readonly connection?: Omit<RedisOptions, Owned>;
  /** More of ioredis's options for a cluster: `dnsLookup`, `natMap`. */
  readonly clusterConnection?: Pick<ClusterOptions, "dnsLookup" | "natMap">;
  /** What all keys begin with; default: `"flux"`. Environments that share a server need one each. */
  readonly prefix?: string;
  /** How long a decision waits for the server at most, 1 ms to 10 s; default: `"50ms"`. */
  readonly timeout?: Duration;
  /**
   * How many processes count together, for their shares while the server cannot be reached; an integer
   * of at least 1. Default: those that have told the server within the last 30 s.
   */
  readonly processes?: number;
}

export interface StoreSettings {
  readonly endpoint: Endpoint;
  readonly connection: RedisOptions;
  readonly clusterConnection: ClusterOptions;
  readonly prefix: string;
  /** ms */
  readonly timeout: number;
  readonly processes: number | undefined;
}

export type Endpoint =
  | { readonly kind: "server"; readonly url: string }
  | { readonly kind: "cluster"; readonly nodes: readonly ClusterNode[] }
  | {
      readonly kind: "sentinel";
      readonly sentinels: { host: string; port: number }[];
      readonly name: string;
    };

/**
 * Of ioredis's options, those that would let a call wait longer, be made twice, or go to another server
 * than the store's own options say.
 */
const owned = [
  "autoResendUnfulfilledCommands",
  "autoResubscribe",
  "commandTimeout",
  "enableOfflineQueue",
  "failoverDetector",
  "host",
  "keyPrefix",
  "lazyConnect",
  "maxRetriesPerRequest",
  "name",
  "path",
  "port",
  "reconnectOnError",
  "rejectIfRedisNotReady",
  "retryStrategy",
  "role",
  "sentinelRetryStrategy",
  "sentinels",
  "socketTimeout",
  "stringNumbers",
] as const satisfies readonly (keyof RedisOptions | "rejectIfRedisNotReady")[];

type Owned = (typeof owned)[number];

const known = [
  "url",
  "cluster",
  "sentinels",
  "name",
  "connection",
  "clusterConnection",
  "prefix",
  "timeout",
  "processes",
] as const;

/** @throws FluxError `config_invalid`, with every mistake. */
export function readOptions(given: string | RedisStoreOptions): StoreSettings {
  if (typeof given !== "string" && !isRecord(given))
    throw new FluxError(
      "config_invalid",
      `redisStore: expected a URL or an object of options, got ${show(given)}`,
    );
  const options: RedisStoreOptions = typeof given === "string" ? { url: given } : { ...given };
  const problems: string[] = [];
  for (const name of Object.keys(options))
    if (!(known as readonly string[]).includes(name))
      problems.push(`${name}: is no option. Known: ${known.join(", ")}.`);
  const { prefix = "flux", processes, connection = {}, clusterConnection = {} } = options;
  if (typeof prefix !== "string" || prefix === "" || /[{}]/.test(prefix))
    problems.push(`prefix: expected a text without braces, got ${show(prefix)}`);
  const timeout = parseDuration(options.timeout ?? 50);
  if (timeout === undefined || timeout < 1 || timeout > 10_000)
    problems.push(`timeout: expected a duration from 1 ms to 10 s, got ${show(options.timeout)}`);
  if (processes !== undefined && !(Number.isSafeInteger(processes) && processes >= 1))
    problems.push(`processes: expected a whole number of at least 1, got ${show(processes)}`);
  if (!isRecord(clusterConnection))
    problems.push(`clusterConnection: expected options of ioredis, got ${show(clusterConnection)}`);
  if (!isRecord(connection))
    problems.push(`connection: expected options of ioredis, got ${show(connection)}`);
  else
    for (const name of owned)
      if (Object.hasOwn(connection, name))
        problems.push(
          `connection.${name}: is the store's own, so that no decision waits longer than its timeout, nothing is charged twice, and the server is the one that url, cluster or sentinels name. Leave it out.`,
        );
  const endpoint = endpointOf(options, problems);
  if (endpoint === undefined || problems.length > 0)
    throw new FluxError("config_invalid", `redisStore: ${problems.join("\n  ")}`);
  return {
    endpoint,
    connection,
    clusterConnection,
    prefix,
    timeout: timeout as number,
    processes,
  };
}

function endpointOf(
  { url, cluster, sentinels, name }: RedisStoreOptions,
  problems: string[],
): Endpoint | undefined {
  const given = [url, cluster, sentinels].filter((each) => each !== undefined).length;
  if (given !== 1) {
    problems.push(
      `expected one of url, cluster and sentinels, got ${given === 0 ? "none" : "several"}.`,
    );
    return undefined;
  }
  if (url !== undefined) {
    if (isRedisUrl(url)) return { kind: "server", url };
    problems.push(
      `url: expected redis://host:port or rediss://host:port, with the number of a database after it if need be (redis://host:port/2), got ${masked(url)}`,
    );
    return undefined;
  }
  if (cluster !== undefined) {
    const nodes = Array.isArray(cluster) ? cluster : [cluster];
    const wrong = nodes.filter((node) => !isRedisUrl(node) && !isAddress(node));
    if (nodes === cluster && nodes.length > 0 && wrong.length === 0)
      return {
        kind: "cluster",
        nodes: nodes.map((node) => (isAddress(node) ? { ...node } : node)),
      };
    problems.push(
      `cluster: expected an array of nodes, each redis://host:port or { host, port }, got ${Array.isArray(cluster) ? wrong.map(masked).join(", ") || "none" : masked(cluster)}`,
    );
    return undefined;
  }
  if (
    Array.isArray(sentinels) &&
    sentinels.length > 0 &&
    sentinels.every(isAddress) &&
    isName(name)
  )
    return { kind: "sentinel", sentinels: sentinels.map((each) => ({ ...each })), name };
  problems.push(
    "sentinels: expected an array with at least one { host, port }, and the master's name in `name`.",
  );
  return undefined;
}

const isRecord = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isName = (name: unknown): name is string => typeof name === "string" && name !== "";

function isAddress(node: unknown): node is { host: string; port: number } {
  if (!isRecord(node)) return false;
  const { host, port } = node as { host?: unknown; port?: unknown };
  return isName(host) && Number.isInteger(port);
}

function isRedisUrl(url: unknown): url is string {
  if (typeof url !== "string" || !URL.canParse(url)) return false;
  const { protocol, pathname } = new URL(url);
  return /^rediss?:$/.test(protocol) && /^(\/\d{0,9})?$/.test(pathname);
}

/** A URL may hold a password: nothing but its scheme is shown of one that cannot be read. */
function masked(url: unknown): string {
  if (typeof url !== "string") return typeof url === "object" ? "an object" : show(url);
  const scheme = /^[a-z][a-z0-9+.-]{0,20}:\/\//i.exec(url)?.[0];
  return scheme === undefined
    ? `a text of ${url.length} characters without redis://`
    : JSON.stringify(`${scheme}…`);
}
