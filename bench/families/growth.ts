/** Family (c): what a decision takes as there is more of everything. */
import { inFlightOnRedis } from "../growth/in-flight.ts";
import { bytesPer } from "../growth/resident.ts";
import { at, byFlags, byKeys, byRoutes, type Growth, medianAt } from "../growth/sizes.ts";
import { median, ratios, rowOf } from "../measure/rounds.ts";
import type { FamilyResult, Series, Side } from "../results/result.ts";

export async function run({ quick }: { quick: boolean }): Promise<FamilyResult> {
  const rounds = quick ? 7 : 21;
  const routes = byRoutes(rounds);
  const flags = await byFlags(rounds);
  const keys = byKeys(rounds);
  const inFlight = await inFlightOnRedis(7, quick ? 60 : 200);
  const resident = await bytesPer(quick ? 50_000 : 200_000);
  const grown = (growth: readonly Growth[], from: number, to: number) =>
    ratios(at(growth, to), at(growth, from));
  const line = (label: string, side: Side, growth: readonly Growth[]): Series => ({
    label,
    side,
    points: growth.map(({ size, rounds: each }) => [size, median(each)] as const),
  });
  const most = { most: 1.3 };
  const [few, many] = [10, 1_000_000];
  // What the map's own growth adds, taken off: what is left is Flux's.
  const beyondCache = at(keys.flux, many).map(
    (ns, i) =>
      (ns - ((at(keys.map, many)[i] as number) - (at(keys.map, few)[i] as number))) /
      (at(keys.flux, few)[i] as number),
  );
  return {
    title: "Growth",
    what: "The same decision among more routes, flags and tenants; of routes and flags ten are asked for, far from each other, and of tenants any. A million counters are beyond every cache of a processor, whoever keeps them: beside them the least that a counter by tenant can be, a `Map` from a key that is put together for each request to an object of two numbers.",
    rows: [
      rowOf("10 routes", at(routes, 10), "ns"),
      rowOf("10,000 routes", at(routes, 10_000), "ns"),
      rowOf("10,000 over 10 routes", grown(routes, 10, 10_000), "×", most),
      rowOf("10 flags", at(flags, 10), "ns"),
      rowOf("10,000 flags", at(flags, 10_000), "ns"),
      rowOf("10,000 over 10 flags", grown(flags, 10, 10_000), "×", most),
      rowOf("10 tenants' counters", at(keys.flux, few), "ns"),
      rowOf("1,000,000 tenants' counters", at(keys.flux, many), "ns"),
      rowOf("the bare Map, 10", at(keys.map, few), "ns"),
      rowOf("the bare Map, 1,000,000", at(keys.map, many), "ns"),
      rowOf("1,000,000 over 10 tenants", grown(keys.flux, few, many), "×"),
      rowOf("the bare Map, 1,000,000 over 10", grown(keys.map, few, many), "×"),
      rowOf("1,000,000 over 10 tenants, less what the Map grew", beyondCache, "×", most),
      ...inFlight.map(({ size, rounds: each }) =>
        rowOf(`Redis, ${size} in flight: decisions`, each, "a second"),
      ),
      { name: "resident memory, a counter (of 1,000,000)", value: resident.counter, unit: "bytes" },
      {
        name: "resident memory, a tenant with its record and one counter",
        value: resident.tenant,
        unit: "bytes",
      },
    ],
    plot: {
      kind: "lines",
      title: "Time of a decision as there is more",
      x: "how many",
      y: "ns",
      series: [
        line("routes", "flux", routes),
        line("flags", "flux", flags),
        line("tenants' counters", "flux", keys.flux),
        line("a bare Map of counters", "bare", keys.map),
      ],
    },
    remarks: [
      `A decision among a million tenants takes ${(medianAt(keys.flux, many) / medianAt(keys.flux, few)).toFixed(1)} times as long as among ten: it looks at more places in memory than the Map does, all of them beyond the processor's caches.`,
    ],
  };
}

if (import.meta.main) console.dir(await run({ quick: true }), { depth: 9 });
