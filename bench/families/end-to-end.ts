/**
 * Family (b): one Express route bare, behind the assembled stack, and behind Flux, each in a server process
 * of its own, driven over HTTP. What decides is the CPU time that a request takes of its server: requests
 * per second are also a matter of who drives, and of what else the machine does.
 */
import { type RedisServer, startRedis } from "../../test/servers/redis.ts";
import type { FamilyResult, Row } from "../results/result.ts";
import { createIdentity, type Identity, tenants } from "../scenario/identity.ts";
import { checkAgreement } from "../server/agreement.ts";
import { barsOf, remarksOn, rowsOf, type Variant } from "../server/figures.ts";
import { type Pinning, pinDriver } from "../server/pinning.ts";
import { scriptsPerRequest } from "../server/round-trips.ts";
import { type Drive, driveRounds, type Rounds } from "../server/rounds.ts";
import { Server } from "../server/server.ts";
import type { Way } from "../server/ways.ts";

interface Setting {
  readonly identity: Identity;
  readonly pinning: Pinning;
  readonly rounds: number;
  /** A round of warm tokens, one of each tenant. */
  readonly warm: Drive;
  /** New tokens that a round of cold ones sends. */
  readonly amount: number;
}

export async function run({ quick }: { readonly quick: boolean }): Promise<FamilyResult> {
  const identity = await createIdentity();
  const tokens = await identity.sign(tenants.length);
  const pinning = pinDriver();
  try {
    const setting: Setting = {
      identity,
      pinning,
      rounds: quick ? 7 : 9,
      warm: { tokens, length: { seconds: quick ? 0.4 : 1.5 } },
      amount: quick ? 320 : 640,
    };
    const memory: Variant = {
      name: "memory, warm tokens",
      rounds: await inMemory(setting),
      targets: { above: 10, over: 20, rate: 0.9 },
    };
    const { rounds, scripts } = await inRedis(setting);
    const redis: Variant = { name: "Redis, warm tokens", rounds, targets: { over: 5 } };
    const cold: Variant = { name: "memory, new tokens", rounds: await withNewTokens(setting) };
    const variants = [memory, redis, cold];
    return {
      title: "End to end",
      what: `An Express route in a server process of its own, driven over HTTP by 32 connections: CPU time of the server's process as the operating system accounts it, per request; medians of ${setting.rounds} interleaved rounds. Warm tokens have been seen before, new ones have not.`,
      rows: [...rowsOf(memory), ...rowsOf(redis), ...scripts, ...rowsOf(cold)],
      plot: {
        kind: "bars",
        title: "CPU time of a request, Express included",
        unit: "µs",
        logarithmic: false,
        bars: variants.flatMap(barsOf),
      },
      remarks: [
        ...(pinning.remark === undefined ? [] : [pinning.remark]),
        ...variants.flatMap(remarksOn),
      ],
    };
  } finally {
    pinning.release();
  }
}

function inMemory(setting: Setting): Promise<Rounds> {
  const { rounds, warm } = setting;
  return withServers(setting, ["bare", "nothing", "assembled", "flux"], undefined, (servers) =>
    driveRounds(servers, warming(warm), repeat(warm, rounds)),
  );
}

/** Each round's tokens are sent once to each server. */
async function withNewTokens(setting: Setting): Promise<Rounds> {
  const { identity, rounds, warm, amount } = setting;
  const drives: Drive[] = [];
  for (let i = 0; i < rounds + 2; i++)
    drives.push({ tokens: await identity.sign(amount), length: { amount } });
  return withServers(setting, ["bare", "assembled", "flux"], undefined, (servers) =>
    driveRounds(servers, [...warming(warm), ...drives.slice(rounds)], drives.slice(0, rounds)),
  );
}

async function inRedis(setting: Setting): Promise<{ rounds: Rounds; scripts: Row[] }> {
  const { pinning, rounds, warm } = setting;
  const redis = await startRedis();
  try {
    pinning.driver(redis.pid);
    return await withServers(setting, ["bare", "assembled", "flux"], redis, async (servers) => ({
      rounds: await driveRounds(servers, warming(warm), repeat(warm, rounds)),
      scripts: await scriptRows(redis, new Map(servers), warm.tokens),
    }));
  } finally {
    await redis.stop();
  }
}

async function scriptRows(
  redis: RedisServer,
  servers: ReadonlyMap<Way, Server>,
  tokens: readonly string[],
): Promise<Row[]> {
  const calls = (way: Way) => scriptsPerRequest(redis, servers.get(way) as Server, tokens);
  const name = "Redis: scripts run for a request";
  return [
    { name: `${name}, assembled stack`, value: await calls("assembled"), unit: "calls" },
    { name: `${name}, Flux`, value: await calls("flux"), unit: "calls", target: { most: 1 } },
  ];
}

/** Starts a server for each way, and ends all of them, whatever happens. */
async function withServers<T>(
  { identity, pinning }: Setting,
  ways: readonly Way[],
  redis: RedisServer | undefined,
  use: (servers: readonly (readonly [Way, Server])[]) => Promise<T>,
): Promise<T> {
  const servers: (readonly [Way, Server])[] = [];
  try {
    for (const way of ways) {
      const { jwks } = identity;
      const server = await Server.start(redis ? { way, jwks, redis: redis.url } : { way, jwks });
      servers.push([way, server]);
      pinning.server(server.pid);
    }
    const deciding = servers.filter(([way]) => way === "assembled" || way === "flux");
    await checkAgreement(
      deciding.map(([, server]) => server),
      identity,
    );
    return await use(servers);
  } finally {
    await Promise.all(servers.map(([, server]) => server.stop()));
  }
}

const repeat = (drive: Drive, times: number): Drive[] => Array.from({ length: times }, () => drive);

/** Until the code is compiled. */
const warming = ({ tokens }: Drive): Drive[] => [{ tokens, length: { seconds: 1.5 } }];

if (import.meta.main) console.dir(await run({ quick: true }), { depth: 9 });
