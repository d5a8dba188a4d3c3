/** What rounds of servers say: rows, bars, and where Flux comes out worse than the assembled stack. */
import { differences, median, ratios, rowOf } from "../measure/rounds.ts";
import type { Bar, Row } from "../results/result.ts";
import type { Round, Rounds } from "./rounds.ts";
import type { Way } from "./ways.ts";

export interface Variant {
  readonly name: string;
  readonly rounds: Rounds;
  /** What the project has set itself; absent: nothing is promised. */
  readonly targets?: {
    /** CPU time of Flux above bare, µs, at most. */
    readonly above?: number;
    /** The assembled stack's CPU time above bare over Flux's, at least. */
    readonly over?: number;
    /** Requests per second with Flux over bare, at least. */
    readonly rate?: number;
  };
}

const names: Record<Way, string> = {
  bare: "bare",
  nothing: "a middleware that does nothing",
  assembled: "assembled stack",
  flux: "Flux",
};
const compared = ["bare", "assembled", "flux"] as const;
const latencies = { p50: "p50", p99: "p99", p999: "p99.9" } as const;
type Latency = keyof typeof latencies;

const of = (rounds: readonly Round[], figure: keyof Round) => rounds.map((round) => round[figure]);

/** CPU time that a way takes above bare, µs a request, round by round. */
const above = (rounds: Rounds, way: Way) =>
  differences(of(rounds[way], "cpu"), of(rounds.bare, "cpu"));

export function rowsOf({ name, rounds, targets = {} }: Variant): Row[] {
  const most = (figure: number | undefined) =>
    figure === undefined ? undefined : { most: figure };
  const least = (figure: number | undefined) =>
    figure === undefined ? undefined : { least: figure };
  const rows = [rowOf(`${name}: CPU, bare`, of(rounds.bare, "cpu"), "µs")];
  for (const way of ["nothing", "assembled", "flux"] as const)
    if (rounds[way].length > 0) {
      const target = way === "flux" ? most(targets.above) : undefined;
      rows.push(rowOf(`${name}: CPU above bare, ${names[way]}`, above(rounds, way), "µs", target));
    }
  const over = ratios(above(rounds, "assembled"), above(rounds, "flux"));
  rows.push(
    rowOf(`${name}: CPU above bare, assembled over Flux`, over, "×", least(targets.over)),
    ...compared.map((way) =>
      rowOf(`${name}: requests, ${names[way]}`, of(rounds[way], "perSecond"), "a second"),
    ),
  );
  const rate = ratios(of(rounds.flux, "perSecond"), of(rounds.bare, "perSecond"));
  rows.push(rowOf(`${name}: requests, Flux over bare`, rate, "×", least(targets.rate)));
  for (const figure of Object.keys(latencies) as Latency[])
    for (const way of compared)
      rows.push(
        rowOf(`${name}: ${latencies[figure]}, ${names[way]}`, of(rounds[way], figure), "ms"),
      );
  return rows;
}

/** CPU time of a whole request, Express's own part included. */
export function barsOf({ name, rounds }: Variant): Bar[] {
  return (["bare", "flux", "assembled"] as const).map((way) => ({
    label: `${name}: ${names[way]}`,
    side: way === "assembled" ? "others" : way,
    value: median(of(rounds[way], "cpu")),
  }));
}

/** Where Flux comes out worse than the assembled stack, and what the figures do not say. */
export function remarksOn({ name, rounds }: Variant): string[] {
  const remarks: string[] = [];
  const [flux, assembled] = [rounds.flux, rounds.assembled];
  const share = median(ratios(above(rounds, "flux"), above(rounds, "assembled")));
  if (share > 1)
    remarks.push(
      `${name}: Flux takes ${share.toFixed(2)} times the CPU time that the assembled stack takes above bare.`,
    );
  const worse = (["perSecond", "p50", "p99", "p999"] as const)
    .map((figure) => ({
      figure,
      ours: median(of(flux, figure)),
      theirs: median(of(assembled, figure)),
    }))
    .filter(({ figure, ours, theirs }) => (figure === "perSecond" ? ours < theirs : ours > theirs));
  for (const { figure, ours, theirs } of worse)
    remarks.push(
      figure === "perSecond"
        ? `${name}: Flux answers fewer requests than the assembled stack: ${ours.toFixed(0)} a second, not ${theirs.toFixed(0)}.`
        : `${name}: the ${latencies[figure]} of Flux is ${ours.toFixed(2)} ms, longer than the assembled stack's ${theirs.toFixed(2)} ms.`,
    );
  const busy = median(rounds.bare.map(({ cpu, perSecond }) => (cpu * perSecond) / 1e6));
  if (busy < 0.9)
    remarks.push(
      `${name}: bare, the server was busy for ${(busy * 100).toFixed(0)} % of the time: what drives it was the slower of the two, and bare could answer more requests than it was sent.`,
    );
  return remarks;
}
