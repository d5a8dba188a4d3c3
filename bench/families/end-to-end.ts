/**
 * Family (b): one Express route bare, behind the assembled stack, and behind Flux, each in a server process
 * of its own, driven over HTTP. What decides is the CPU time that a request takes of its server: requests
 * per second are also a matter of who drives, and of what else the machine does.
 */
import { type RedisServer, startRedis } from "../../test/servers/redis.ts";
import type { FamilyResult } from "../results/result.ts";
import { createIdentity, type Identity, tenants } from "../scenario/identity.ts";
import { checkDecisions } from "../server/agreement.ts";
import { stayAwake } from "../server/awake.ts";
import { barsOf, lossesOf, remarksOn, rowsOf, type Variant } from "../server/figures.ts";
import { type Pinning, pinDriver } from "../server/pinning.ts";
import { scriptsPerRequest } from "../server/round-trips.ts";
import {
  cpuOfRequests,
  inTurn,
  joined,
  quieterHalf,
  type Servers,
  speedOf,
} from "../server/rounds.ts";
import { Server } from "../server/server.ts";
import { decides, type Way, ways } from "../server/ways.ts";

interface Setting {
  readonly identity: Identity;
  readonly pinning: Pinning;
  readonly size: Size;
  /** One of each tenant, which every server has seen before it is measured. */
  readonly tokens: readonly string[];
}

/** How much is measured. */
interface Size {
  /**
   * Two processes of one program differ by some µs a request, by how their code came to be compiled: the servers
   * are launched several times.
   */
  readonly launches: number;
  /** Of each launch, for the CPU time; and requests of each server in each, few enough that all meet one mood. */
  readonly cpuRounds: number;
  readonly requests: number;
  /** Of each launch, for requests a second and latencies, and how long each is. */
  readonly speedRounds: number;
  readonly seconds: number;
  /** Tokens that no server has seen, in each round. */
  readonly newTokens: number;
}

const whole: Size = {
  launches: 5,
  cpuRounds: 14,
  requests: 1_000,
  speedRounds: 4,
  seconds: 0.4,
  newTokens: 320,
};
const quickly: Size = {
  ...whole,
  launches: 1,
  cpuRounds: 15,
  speedRounds: 7,
  seconds: 0.3,
  newTokens: 160,
};

/** Requests of each server until all its code is compiled; so many of new tokens, which take longer. */
const warmUp = { known: 16_000, new: 4_000 };

export async function run({ quick }: { readonly quick: boolean }): Promise<FamilyResult> {
  const size = quick ? quickly : whole;
  const identity = await createIdentity();
  const tokens = await identity.sign(tenants.length);
  const pinning = pinDriver();
  try {
    const setting: Setting = { identity, pinning, size, tokens };
    const sleep = stayAwake();
    const memory = await inMemory(setting).finally(sleep);
    // Redis has the same processor, and is not to wait for it.
    const variants = [...memory, await inRedis(setting)];
    return {
      title: "End to end",
      what: `An Express route, each way in a server process of its own, on 32 connections. CPU is the time of the server's process as the operating system accounts it, for a request: sent by a client that does little itself, in ${size.launches * size.cpuRounds} interleaved rounds (new tokens: ${size.launches * coldRounds(size)}). As the machine has slow phases, figures with warm tokens are medians of the half of the rounds in which a second bare server took least, where a row does not say that they are of all. Requests a second and latencies are autocannon's. Warm tokens have been seen before, new ones have not.`,
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

const withoutGauge = (servers: Servers) => servers.filter(([way]) => way !== "gauge");

/** Signing tokens takes longer than all that is measured with them. */
const coldRounds = ({ cpuRounds }: Size) => Math.ceil(cpuRounds / 4);

async function inMemory(setting: Setting): Promise<Variant[]> {
  const { launches } = setting.size;
  const warm: Measured[] = [];
  const cold: Measured[] = [];
  for (let launch = 0; launch < launches; launch++)
    await withServers(setting, ways, undefined, async (servers) => {
      warm.push(await withKnownTokens(setting, servers));
      // With tokens that nobody has seen, a cache of them is of no use.
      const compared = servers.filter(
        ([way]) => way === "bare" || (decides(way) && way !== "caching"),
      );
      cold.push(await withNewTokens(setting, compared));
    });
  const targets = { above: 10, over: 20, rate: 0.9 };
  return [
    { name: "memory, warm tokens", ...together(warm), targets },
    { name: "memory, new tokens", ...together(cold) },
  ];
}

async function inRedis(setting: Setting): Promise<Variant> {
  const { pinning, size, tokens } = setting;
  const redis = await startRedis();
  const launches: Measured[] = [];
  let scripts = { assembled: 0, flux: 0 };
  try {
    pinning.driver(redis.pid);
    for (let launch = 0; launch < size.launches; launch++)
      await withServers(
        setting,
        ["bare", "gauge", "assembled", "caching", "flux"],
        redis,
        async (servers) => {
          launches.push(await withKnownTokens(setting, servers));
          const count = (way: Way) => scriptsPerRequest(redis, serverOf(servers, way), tokens);
          scripts = { assembled: await count("assembled"), flux: await count("flux") };
        },
      );
  } finally {
    await redis.stop();
  }
  const targets = { over: 5, scripts: 1 };
  return { name: "Redis, warm tokens", ...together(launches), targets, scripts };
}

/** What one launch found. */
interface Measured extends Pick<Variant, "cpu" | "all" | "speed"> {}

function together(launches: readonly Measured[]): Measured {
  const all = launches.flatMap((launch) => launch.all ?? []);
  return {
    // Each launch has quieter rounds of its own: its gauge may have been compiled better than others.
    cpu: joined(launches.map((launch) => launch.cpu)),
    all: all.length === 0 ? undefined : joined(all),
    speed: joined(launches.map((launch) => launch.speed)),
  };
}

async function withKnownTokens({ size, tokens }: Setting, servers: Servers): Promise<Measured> {
  const { cpuRounds, requests, speedRounds, seconds } = size;
  const before = { tokens, requests };
  for (const [, server] of servers) await cpuOfRequests(server, before, tokens, warmUp.known);
  const all = await inTurn(servers, cpuRounds, (server) =>
    cpuOfRequests(server, before, tokens, requests),
  );
  return {
    cpu: quieterHalf(all),
    all,
    speed: await inTurn(withoutGauge(servers), speedRounds, (server) =>
      speedOf(server, tokens, { seconds }),
    ),
  };
}

async function withNewTokens({ size, identity }: Setting, servers: Servers): Promise<Measured> {
  const rounds = { cpu: coldRounds(size), speed: Math.ceil(size.speedRounds / 2) };
  const amount = size.newTokens;
  const signed = async (lists: number, count: number) => {
    const all = await identity.sign(lists * count);
    return (list: number) => all.slice(list * count, (list + 1) * count);
  };
  const warming = await identity.sign(warmUp.new);
  const first = await signed(rounds.cpu, amount / 4);
  const measured = await signed(rounds.cpu, amount);
  const driven = await signed(rounds.speed, 2 * amount);
  for (const [, server] of servers)
    await cpuOfRequests(server, { tokens: warming, requests: warmUp.new / 2 }, warming);
  const cpu = await inTurn(servers, rounds.cpu, (server, round) => {
    const tokens = first(round);
    return cpuOfRequests(server, { tokens, requests: tokens.length }, measured(round));
  });
  const speed = await inTurn(servers, rounds.speed, (server, round) =>
    speedOf(server, driven(round), { amount: 2 * amount }),
  );
  return { cpu, speed };
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
