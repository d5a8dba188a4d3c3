import { Cluster, Redis, type RedisOptions } from "ioredis";
import type { StoreSettings } from "./options.ts";

/** ms */
const patience = {
  connect: 2_000,
  /** A connection on which nothing has come for so long, while something is asked, is given up. */
  silence: 2_000,
  longestRetry: 1_000,
  clusterView: 2_000,
} as const;

/**
 * A connection of the store's own. It never sends a command again by itself: what was sent and not
 * answered may have been done. It never stops trying to connect.
 */
export function createClient({
  endpoint,
  connection,
  clusterConnection,
}: StoreSettings): Redis | Cluster {
  const options: RedisOptions = {
    connectionName: "flux",
    connectTimeout: patience.connect,
    ...connection,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    socketTimeout: patience.silence,
    retryStrategy: backOff,
    // A master that has become a replica: ask anew who is the master, and do not send again.
    reconnectOnError: (error) => error.message.includes("READONLY"),
  };
  if (endpoint.kind === "server") return new Redis(endpoint.url, options);
  if (endpoint.kind === "sentinel") {
    const { sentinels, name } = endpoint;
    return new Redis({ ...options, sentinels, name, sentinelRetryStrategy: backOff });
  }
  return new Cluster([...endpoint.nodes], {
    ...clusterConnection,
    redisOptions: options,
    lazyConnect: true,
    enableOfflineQueue: false,
    clusterRetryStrategy: backOff,
    slotsRefreshInterval: patience.clusterView,
    // What fails is told at once; only a redirection, which has done nothing, is followed.
    maxRedirections: 4,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    retryDelayOnTryAgain: 5,
  });
}

const backOff = (attempt: number) =>
  Math.min(patience.longestRetry, 25 * 2 ** Math.min(attempt, 6)) * (0.75 + Math.random() / 2);
