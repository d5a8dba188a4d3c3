/** Drives a server by autocannon: 32 connections, each with tokens of its own, one request at a time. */
import autocannon from "autocannon";
import { quantile } from "../measure/rounds.ts";

/** How long, or how many requests. */
export type Length = { readonly seconds: number } | { readonly amount: number };

export interface Driven {
  readonly perSecond: number;
  /** Latencies, ms. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

const connections = 32;

/**
 * Connection 0 sends tokens 0, 32, 64 and so on, and begins again after its last one: of as many requests
 * as there are tokens, each has one of its own.
 * @throws Error where anything but 200 was answered: what would be measured is no decision
 */
export async function drive(
  url: string,
  tokens: readonly string[],
  length: Length,
): Promise<Driven> {
  let client = 0;
  const options: autocannon.Options = {
    url,
    method: "POST",
    connections,
    pipelining: 1,
    // How often it looks whether it is over, ms.
    sampleInt: 10,
    ...("seconds" in length ? { duration: length.seconds } : { amount: length.amount }),
    setupClient: (each) => {
      const first = client++;
      const own = tokens.filter((_, i) => i % connections === first);
      each.setRequests(own.map((token) => ({ headers: { authorization: `Bearer ${token}` } })));
    },
  };
  // Its own histogram counts whole milliseconds, and its seconds begin before the first connection.
  const latencies: number[] = [];
  let [firstAt, lastAt] = [0, 0];
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const done = (error: unknown, result: autocannon.Result) =>
      error ? reject(error) : resolve(result);
    autocannon(options, done).on("response", (_client, _status, _bytes, milliseconds) => {
      lastAt = performance.now();
      if (latencies.length === 0) firstAt = lastAt;
      latencies.push(milliseconds);
    });
  });
  const { errors, timeouts, statusCodeStats = {} } = result;
  if (errors + timeouts > 0 || Object.keys(statusCodeStats).join() !== "200")
    throw new Error(
      `not everything was answered by 200: ${JSON.stringify({ errors, timeouts, ...statusCodeStats })}`,
    );
  return {
    perSecond: (latencies.length - 1) / ((lastAt - firstAt) / 1_000),
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    p999: quantile(latencies, 0.999),
  };
}
