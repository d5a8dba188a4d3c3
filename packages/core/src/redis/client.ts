import { Cluster, Redis, type RedisOptions } from "ioredis";
import type { StoreSettings } from "./options.ts";

/** ms */
const patience = {
  connect: 2_000,
  /** A connection on which nothing has come for so long, while something is asked, is given up. */
  silence: 2_000,
  longestRetry: 1_000,
  clusterView: 2_000,
  /** Less than a new connection takes. */
  leaving: 15,
} as const;

/**
 * A connection of the store's own. It never sends a command again by itself: what was sent and not
 * answered may have been done. It never stops trying to connect.
 */
export function createClient({
  endpoint,
  connection,
  clusterConnection,
  timeout,
}: StoreSettings): Redis | Cluster {
  const options: RedisOptions = {
    connectionName: "flux",
    connectTimeout: patience.connect,
    ...connection,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // Nothing that is still waited for is cut off.
    socketTimeout: Math.max(patience.silence, timeout + 1_000),
    retryStrategy: backOff,
    reconnectOnError: leavesReplicas(),
  };
  if (endpoint.kind === "server") return new Redis(endpoint.url, options);
  if (endpoint.kind === "sentinel") {
    const { sentinels, name } = endpoint;
    return new Redis({
      ...options,
      sentinels,
      name,
      sentinelRetryStrategy: backOff,
      // A primary that is replaced while it runs would be written to for seconds, all of it lost.
      failoverDetector: true,
    });
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

/**
 * A master that has become a replica: ask anew who is the master, and do not send again. One refusal of
 * those that come together is enough: each more would only wait for the same end of the connection.
 */
function leavesReplicas(): (error: Error) => boolean {
  let left = -Infinity;
  return (error) => {
    if (!error.message.includes("READONLY")) return false;
    const now = performance.now();
    if (now - left < patience.leaving) return false;
    left = now;
    return true;
  };
}

const backOff = (attempt: number) =>
  Math.min(patience.longestRetry, 25 * 2 ** Math.min(attempt, 6)) * (0.75 + Math.random() / 2);
