/** Where the counters are: Redis beside rate-limiter-flexible's limiters, and the memory store. */
import { median, ratios, rowOf } from "../measure/rounds.ts";
import type { FamilyResult, Row } from "../results/result.ts";
import { benchHotKeys } from "../stores/hot-keys.ts";
import { benchMillionKeys } from "../stores/million-keys.ts";
import { benchRedis, type RedisRounds } from "../stores/redis.ts";

const others = "rate-limiter-flexible's four in turn";

export async function run({ quick }: { readonly quick: boolean }): Promise<FamilyResult> {
  const redis = await benchRedis(quick ? 9 : 45, 100);
  const memory = [...benchHotKeys(), ...(await benchMillionKeys(quick ? 3 : 7))];
  const perSecond = (way: "flux" | "limiters" | "leased") =>
    median(redis[way].map((round) => round.perSecond));
  return {
    title: "Stores",
    what:
      `On Redis ${redis.version}, over loopback: three limits and a quota, charged by a whole decision of Flux and ` +
      "by four limiters of rate-limiter-flexible, awaited in turn. In memory: charges on hot counters, and a million " +
      "keys coming and going.",
    rows: [...redisRows(redis), ...memory],
    plot: {
      kind: "bars",
      title: "Three limits and a quota on Redis, 64 in flight",
      unit: "a second",
      logarithmic: false,
      bars: [
        { label: "Flux", side: "flux", value: perSecond("flux") },
        { label: "Flux with leases of 100", side: "flux", value: perSecond("leased") },
        { label: others, side: "others", value: perSecond("limiters") },
      ],
    },
    remarks: [
      "rate-limiter-flexible's four are awaited in turn, so that each is asked only if those before it admit; asked " +
        "all at once they would wait for one round trip, and charge although another refuses: that is not measured.",
      "Redis answers over loopback: across a network round trips take longer, of Flux's decision and of the four alike.",
      "Leases are taken from the limit before they are spent, so what is left looks different to each process.",
      "The stall is of the store's own work: the pauses of the garbage collector between its slices are in the " +
        "longest turn, which has no target.",
    ],
  };
}

function redisRows({ flux, limiters, leased }: RedisRounds): Row[] {
  const of = (rounds: RedisRounds["flux"], key: "perSecond" | "alone" | "together") =>
    rounds.map((round) => round[key]);
  const row = (
    name: string,
    rounds: RedisRounds["flux"],
    key: "perSecond" | "alone" | "together",
  ) => rowOf(name, of(rounds, key), key === "perSecond" ? "a second" : "µs");
  const ratio = (
    name: string,
    key: "perSecond" | "alone" | "together",
    target: NonNullable<Row["target"]>,
  ) => rowOf(name, ratios(of(flux, key), of(limiters, key)), "×", target);
  const aThird = { most: 1 / 3 };
  return [
    row("Redis: Flux, 64 in flight", flux, "perSecond"),
    row(`Redis: ${others}, 64 in flight`, limiters, "perSecond"),
    ratio("Redis: Flux's throughput over theirs", "perSecond", { least: 3 }),
    row("Redis: Flux, a decision with 64 in flight", flux, "together"),
    row(`Redis: ${others}, with 64 in flight`, limiters, "together"),
    ratio("Redis: Flux's share of their time, 64 in flight", "together", aThird),
    row("Redis: Flux, a decision with one in flight", flux, "alone"),
    row(`Redis: ${others}, with one in flight`, limiters, "alone"),
    ratio("Redis: Flux's share of their time, one in flight", "alone", aThird),
    row("Redis: Flux with leases of 100, 64 in flight", leased, "perSecond"),
  ];
}
