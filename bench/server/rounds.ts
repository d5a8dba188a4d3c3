/** Servers driven in turn, round by round, so that all of them meet the machine's moods. */
import { type Driven, drive, type Length } from "./drive.ts";
import type { Server } from "./server.ts";
import { type Way, ways } from "./ways.ts";

export interface Round extends Driven {
  /** CPU time of the server for a request, µs. */
  readonly cpu: number;
}

export type Rounds = Readonly<Record<Way, readonly Round[]>>;

export interface Drive {
  readonly tokens: readonly string[];
  readonly length: Length;
}

/**
 * @param warming drives that are not measured, for each server.
 * @param measured one drive a round, the same for each server. Who is first changes from round to round.
 */
export async function driveRounds(
  servers: readonly (readonly [Way, Server])[],
  warming: readonly Drive[],
  measured: readonly Drive[],
): Promise<Rounds> {
  for (const [, server] of servers) for (const each of warming) await driveOnce(server, each);
  const rounds = empty();
  for (const [round, each] of measured.entries())
    for (let i = 0; i < servers.length; i++) {
      const [way, server] = servers[(round + i) % servers.length] as readonly [Way, Server];
      rounds[way].push(await driveOnce(server, each));
    }
  return rounds;
}

/** The rounds of several launches. */
export function joined(launches: readonly Rounds[]): Rounds {
  const all = empty();
  for (const launch of launches) for (const way of ways) all[way].push(...launch[way]);
  return all;
}

const empty = () =>
  Object.fromEntries(ways.map((way) => [way, []])) as unknown as Record<Way, Round[]>;

/** @throws Error where the server decided without its counters */
async function driveOnce(server: Server, { tokens, length }: Drive): Promise<Round> {
  const before = await server.used();
  const driven = await drive(server.url, tokens, length);
  const after = await server.used();
  if (after.failures > before.failures)
    throw new Error(`${after.failures - before.failures} charges were answered without Redis`);
  return { ...driven, cpu: (after.cpu - before.cpu) / (after.requests - before.requests) };
}
