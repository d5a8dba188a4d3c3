/**
 * Family (b): one Express route bare, behind the assembled stack, and behind Flux, each in a server process
 * of its own, driven over HTTP. What decides is the CPU time that a request takes of its server: requests
 * per second are also a matter of who drives, and of what else the machine does.
 */
import { type RedisServer, startRedis } from "../../test/servers/redis.ts";
import type { FamilyResult } from "../results/result.ts";
import { createIdentity, type Identity, tenants } from "../scenario/identity.ts";
import { checkDecisions } from "../server/agreement.ts";
import { barsOf, lossesOf, remarksOn, rowsOf, type Variant } from "../server/figures.ts";
import { type Pinning, pinDriver } from "../server/pinning.ts";
import { scriptsPerRequest } from "../server/round-trips.ts";
import { type Drive, driveRounds, joined, type Rounds } from "../server/rounds.ts";
import { Server } from "../server/server.ts";
import { decides, type Way, ways } from "../server/ways.ts";

interface Setting {
  readonly identity: Identity;
  readonly pinning: Pinning;
  /** The same tokens each time, one of each tenant: enough requests that all code is compiled. */
  readonly warming: Drive;
  /** The rounds of one launch. */
  readonly warm: readonly Drive[];
  /** The rounds of each launch, and two to warm up: tokens that no server has seen before. */
  readonly cold: readonly (readonly Drive[])[];
}

type Servers = readonly (readonly [Way, Server])[];

export async function run({ quick }: { readonly quick: boolean }): Promise<FamilyResult> {
  // Two processes of one program differ by some µs a request, by how their code came to be compiled: the
  // servers are launched several times.
  const launches = quick ? 1 : 3;
  const rounds = quick ? 7 : 6;
  const seconds = quick ? 0.3 : 0.4;
  const amount = quick ? 320 : 640;
  const identity = await createIdentity();
  const tokens = await identity.sign(tenants.length);
  const cold: Drive[][] = Array.from({ length: launches }, () => []);
  for (const drives of cold)
    while (drives.length < rounds + 2)
      drives.push({ tokens: await identity.sign(amount), length: { amount } });
  const pinning = pinDriver();
  try {
    const setting: Setting = {
      identity,
      pinning,
      warming: { tokens, length: { amount: 16_000 } },
      warm: Array.from({ length: rounds }, () => ({ tokens, length: { seconds } })),
      cold,
    };
    const variants = [...(await inMemory(setting)), await inRedis(setting)];
    return {
      title: "End to end",
      what: `An Express route, each way in a server process of its own, driven over HTTP by 32 connections. CPU is the time of the server's process as the operating system accounts it, for a request; medians of ${launches * rounds} interleaved rounds. Warm tokens have been seen before, new ones have not.`,
      rows: variants.flatMap(rowsOf),
      plot: {
        kind: "bars",
        title: "CPU time of a request, Express included",
        unit: "µs",
        logarithmic: false,
        bars: variants.flatMap(barsOf),
      },
      losses: variants.flatMap(lossesOf),
      remarks: [
        ...variants.flatMap(remarksOn),
        ...(pinning.remark === undefined ? [] : [pinning.remark]),
        "The assembled stack verifies a token each time, which is most of what it takes with known tokens; Flux keeps what it has verified. The one that keeps tokens does so by a Map without a bound.",
        "Redis shares a processor with what drives the servers: its latencies and requests a second say less than the CPU time.",
        "RateLimiterMemory holds no period longer than 24 days: the assembled stack's quota in memory is of 24 days, Flux's of a calendar month.",
        "Flux waits for Redis up to 2 s here, not 50 ms as by default, so that a pause of the machine is measured and not refused; the assembled stack waits without end.",
        "express-rate-limit adds a hash of the client's key to its policy header, as its draft-8 does; Flux adds none.",
      ],
    };
  } finally {
    pinning.release();
  }
}

async function inMemory(setting: Setting): Promise<Variant[]> {
  const warm: Rounds[] = [];
  const cold: Rounds[] = [];
  for (const drives of setting.cold)
    await withServers(setting, ways, undefined, async (servers) => {
      warm.push(await driveRounds(servers, [setting.warming], setting.warm));
      // With tokens that nobody has seen, a cache of them is of no use.
      const compared = servers.filter(
        ([way]) => way === "bare" || (decides(way) && way !== "caching"),
      );
      cold.push(await driveRounds(compared, drives.slice(0, 2), drives.slice(2)));
    });
  const targets = { above: 10, over: 20, rate: 0.9 };
  return [
    { name: "memory, warm tokens", rounds: joined(warm), targets },
    { name: "memory, new tokens", rounds: joined(cold) },
  ];
}

async function inRedis(setting: Setting): Promise<Variant> {
  const { pinning, warming, warm, cold } = setting;
  const redis = await startRedis();
  const rounds: Rounds[] = [];
  let scripts = { assembled: 0, flux: 0 };
  try {
    pinning.driver(redis.pid);
    for (const _launch of cold)
      await withServers(
        setting,
        ["bare", "assembled", "caching", "flux"],
        redis,
        async (servers) => {
          rounds.push(await driveRounds(servers, [warming], warm));
          const count = (way: Way) =>
            scriptsPerRequest(redis, serverOf(servers, way), warming.tokens);
          scripts = { assembled: await count("assembled"), flux: await count("flux") };
        },
      );
  } finally {
    await redis.stop();
  }
  const targets = { over: 5, scripts: 1 };
  return { name: "Redis, warm tokens", rounds: joined(rounds), targets, scripts };
}

/** Starts a server for each way, and ends all of them, whatever happens. */
async function withServers<T>(
  { identity, pinning }: Setting,
  ways: readonly Way[],
  redis: RedisServer | undefined,
  use: (servers: Servers) => Promise<T>,
): Promise<T> {
  const servers: (readonly [Way, Server])[] = [];
  try {
    for (const way of ways) {
      const { jwks } = identity;
      const server = await Server.start(redis ? { way, jwks, redis: redis.url } : { way, jwks });
      servers.push([way, server]);
      pinning.server(server.pid);
    }
    for (const [way, server] of servers)
      if (decides(way)) await checkDecisions(server, identity, way);
    return await use(servers);
  } finally {
    await Promise.all(servers.map(([, server]) => server.stop()));
  }
}

function serverOf(servers: Servers, way: Way): Server {
  const found = servers.find(([each]) => each === way);
  if (found === undefined) throw new Error(`no server was started for ${way}`);
  return found[1];
}

if (import.meta.main) console.dir(await run({ quick: true }), { depth: 9 });
