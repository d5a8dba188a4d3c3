/** Family (e): what decisions leave to the collector, and how long it stops the process for it. */
import { hotRounds } from "../decide/hot.ts";
import { type Steady, steady } from "../garbage/steady.ts";
import { quantile, rowOf } from "../measure/rounds.ts";
import type { FamilyResult } from "../results/result.ts";

export async function run({ quick }: { quick: boolean }): Promise<FamilyResult> {
  const hot = await hotRounds(quick ? 7 : 15);
  const seconds = quick ? 5 : 60;
  // One after the other: on two processors, two would collect for each other.
  const bare = await steady("bare", seconds);
  const flux = await steady("flux", seconds);
  const total = ({ pauses }: Steady) => pauses.reduce((sum, pause) => sum + pause, 0);
  const longest = ({ pauses }: Steady) => Math.max(0, ...pauses);
  const perMinute = (count: number) => (count * 60) / seconds;
  const rowsOf = (name: string, of: Steady) => [
    {
      name: `${name}: pauses in a minute`,
      value: perMinute(of.pauses.length),
      unit: "pauses" as const,
    },
    { name: `${name}: median pause`, value: quantile(of.pauses, 0.5), unit: "ms" as const },
    { name: `${name}: longest pause`, value: longest(of), unit: "ms" as const },
    { name: `${name}: all pauses of a minute`, value: perMinute(total(of)), unit: "ms" as const },
  ];
  return {
    title: "Garbage",
    what: `Bytes that a decision allocates, the request's own taken off; and the collector's pauses in a process that decides 20,000 requests a second for ${seconds} s, beside one that only makes the same requests.`,
    rows: [
      rowOf(
        "allocated by a decision",
        hot.map(({ bytes }) => bytes),
        "bytes",
      ),
      rowOf(
        "the same, with the response's headers",
        hot.map(({ bytesWithHeaders }) => bytesWithHeaders),
        "bytes",
      ),
      ...rowsOf("deciding", flux),
      ...rowsOf("only making the requests", bare),
    ],
    plot: {
      kind: "bars",
      title: "The collector's pauses in a minute of steady load",
      unit: "ms",
      logarithmic: false,
      bars: [
        { label: "deciding, all pauses", side: "flux", value: perMinute(total(flux)) },
        {
          label: "only making the requests, all pauses",
          side: "bare",
          value: perMinute(total(bare)),
        },
        { label: "deciding, longest pause", side: "flux", value: longest(flux) },
        { label: "only making the requests, longest pause", side: "bare", value: longest(bare) },
      ],
    },
    remarks: [],
  };
}

if (import.meta.main) console.dir(await run({ quick: true }), { depth: 9 });
