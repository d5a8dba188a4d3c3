/** Servers measured in turn, round by round, so that all of them meet the machine's moods. */
import { quietRounds } from "../measure/gauge.ts";
import { Client, requestsTo } from "./client.ts";
import { type Driven, drive, type Length } from "./drive.ts";
import type { Server } from "./server.ts";
import { type Way, ways } from "./ways.ts";

export type Servers = readonly (readonly [Way, Server])[];

/** Of each way what each round found; empty for ways that were not measured. */
export type Rounds<T> = Readonly<Record<Way, readonly T[]>>;

/** @param measure called for each server in each round. Who is first changes from round to round. */
export async function inTurn<T>(
  servers: Servers,
  rounds: number,
  measure: (server: Server, round: number) => Promise<T>,
): Promise<Rounds<T>> {
  const found = ofEach((): T[] => []);
  for (let round = 0; round < rounds; round++)
    for (let i = 0; i < servers.length; i++) {
      const [way, server] = servers[(round + i) % servers.length] as Servers[number];
      found[way].push(await measure(server, round));
    }
  return found;
}

/**
 * The half of the rounds in which the gauge took least: the machine has slow phases, in which all that runs on it takes
 * up to twice its time. No figure picks its own rounds: where bare did, what it was lucky in would count as theirs to
 * all that is held against it.
 */
export function quieterHalf(rounds: Rounds<number>): Rounds<number> {
  const isQuiet = quietRounds(rounds.gauge);
  return ofEach((way) => rounds[way].filter((_figure, round) => isQuiet(round)));
}

/** The rounds of several launches. */
export function joined<T>(launches: readonly Rounds<T>[]): Rounds<T> {
  return ofEach((way) => launches.flatMap((launch) => launch[way]));
}

const ofEach = <T>(what: (way: Way) => T) =>
  Object.fromEntries(ways.map((way) => [way, what(way)])) as Record<Way, T>;

/** Requests that are sent before those that are measured. */
export interface Before {
  readonly tokens: readonly string[];
  readonly requests: number;
}

/**
 * CPU time of the server for a request, µs.
 * @param before those that bring the server's code and data back into caches that others have used meanwhile: it
 *   takes a server about 10 ms to be as fast again as it was.
 * @param total requests, with these tokens in turn; default: one with each.
 * @throws Error where anything but 200 was answered, or the server decided without its counters
 */
export async function cpuOfRequests(
  server: Server,
  before: Before,
  tokens: readonly string[],
  total?: number,
): Promise<number> {
  const requests = requestsTo(server.url, tokens);
  const client = await Client.open(server.url);
  try {
    await client.send(requestsTo(server.url, before.tokens), before.requests);
    const used = await usedBy(server, () => client.send(requests, total));
    return used.cpu / used.requests;
  } finally {
    client.close();
  }
}

export interface Speed extends Driven {
  /** The part of the time that the server was busy for. */
  readonly busy: number;
}

/** @throws Error where anything but 200 was answered, or the server decided without its counters */
export async function speedOf(
  server: Server,
  tokens: readonly string[],
  length: Length,
): Promise<Speed> {
  const { result, cpu, requests } = await usedBy(server, () => drive(server.url, tokens, length));
  return { ...result, busy: (cpu / requests / 1e6) * result.perSecond };
}

async function usedBy<T>(server: Server, work: () => Promise<T>) {
  const before = await server.used();
  const result = await work();
  const after = await server.used();
  if (after.failures > before.failures)
    throw new Error(`${after.failures - before.failures} charges were answered without Redis`);
  return { result, cpu: after.cpu - before.cpu, requests: after.requests - before.requests };
}
