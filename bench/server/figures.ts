/** What rounds of servers say: rows, bars, and where Flux comes out worse than the assembled stack. */
import { differences, median, ratios, rowOf } from "../measure/rounds.ts";
import type { Bar, Row } from "../results/result.ts";
import type { Rounds, Speed } from "./rounds.ts";
import type { Way } from "./ways.ts";

export interface Variant {
  readonly name: string;
  /** CPU time of the server for a request, µs. */
  readonly cpu: Rounds<number>;
  /** The same of all rounds, where not all count. */
  readonly all?: Rounds<number> | undefined;
  readonly speed: Rounds<Speed>;
  /** What the project has set itself; absent: nothing is promised. */
  readonly targets?: {
    /** CPU time of Flux above bare, µs, at most. */
    readonly above?: number;
    /** The assembled stack's CPU time above bare over Flux's, at least. */
    readonly over?: number;
    /** Requests per second with Flux over bare, at least. */
    readonly rate?: number;
    /** Scripts that Redis runs for a request of Flux, at most. */
    readonly scripts?: number;
  };
  /** Scripts that Redis runs for a request. */
  readonly scripts?: { readonly assembled: number; readonly flux: number };
}

const names: Record<Way, string> = {
  bare: "bare",
  gauge: "bare once more",
  nothing: "a middleware that does nothing",
  spinning: "a middleware that takes 10 µs",
  assembled: "assembled stack",
  caching: "assembled stack that keeps tokens",
  flux: "Flux",
};
const compared = ["bare", "assembled", "caching", "flux"] as const;
/** What Flux is held against. */
const rivals = ["assembled", "caching"] as const;
const latencies = { p50: "p50", p99: "p99", p999: "p99.9" } as const;
type Latency = keyof typeof latencies;

const of = (rounds: readonly Speed[], figure: keyof Speed) => rounds.map((round) => round[figure]);

/** CPU time that a way takes above bare, µs a request, round by round. */
const above = (cpu: Rounds<number>, way: Way) => differences(cpu[way], cpu.bare);

/**
 * One way's CPU time above bare over another's: of the medians. What Flux takes is as small as what one round
 * differs from the next, so that a round's own ratio says little.
 */
const timesOver = (cpu: Rounds<number>, way: Way, other: Way) =>
  median(above(cpu, way)) / median(above(cpu, other));

/** Those of some ways that were measured. */
const measured = <W extends Way>(rounds: Rounds<unknown>, some: readonly W[]): W[] =>
  some.filter((way) => rounds[way].length > 0);

const most = (figure: number | undefined) => (figure === undefined ? undefined : { most: figure });
const least = (figure: number | undefined) =>
  figure === undefined ? undefined : { least: figure };

export function rowsOf(variant: Variant): Row[] {
  return [...cpuRows(variant), ...speedRows(variant), ...scriptRows(variant)];
}

function cpuRows({ name, cpu, all, targets = {} }: Variant): Row[] {
  const over = (rounds: Rounds<number>, rival: Way) => ({
    value: timesOver(rounds, rival, "flux"),
    unit: "×" as const,
  });
  return [
    rowOf(`${name}: CPU, bare`, cpu.bare, "µs"),
    ...measured(cpu, ["nothing", "spinning", ...rivals, "flux"]).map((way) => {
      const target = way === "flux" ? most(targets.above) : undefined;
      return rowOf(`${name}: CPU above bare, ${names[way]}`, above(cpu, way), "µs", target);
    }),
    // Between two requests the processor's caches lose the more the longer it takes, also to others on the machine:
    // what takes 10 µs by the clock costs more, and how much more is a matter of the machine and its mood.
    ...measured(cpu, ["spinning"]).map((way) => ({
      name: `${name}: CPU above bare, Flux over what takes 10 µs`,
      value: timesOver(cpu, "flux", way),
      unit: "×" as const,
    })),
    ...measured(cpu, rivals).map((rival) => {
      const target = rival === "assembled" ? least(targets.over) : undefined;
      return {
        name: `${name}: CPU above bare, ${names[rival]} over Flux`,
        ...over(cpu, rival),
        ...(target === undefined ? {} : { target }),
      };
    }),
    ...(all === undefined
      ? []
      : [
          rowOf(`${name}: CPU above bare, Flux, all rounds`, above(all, "flux"), "µs"),
          {
            name: `${name}: CPU above bare, ${names.assembled} over Flux, all rounds`,
            ...over(all, "assembled"),
          },
        ]),
  ];
}

function speedRows({ name, speed, targets = {} }: Variant): Row[] {
  const rate = ratios(of(speed.flux, "perSecond"), of(speed.bare, "perSecond"));
  const ways = measured(speed, compared);
  return [
    ...ways.map((way) =>
      rowOf(`${name}: requests, ${names[way]}`, of(speed[way], "perSecond"), "a second"),
    ),
    rowOf(`${name}: requests, Flux over bare`, rate, "×", least(targets.rate)),
    ...(Object.keys(latencies) as Latency[]).flatMap((figure) =>
      ways.map((way) =>
        rowOf(`${name}: ${latencies[figure]}, ${names[way]}`, of(speed[way], figure), "ms"),
      ),
    ),
  ];
}

function scriptRows({ name, scripts, targets = {} }: Variant): Row[] {
  if (scripts === undefined) return [];
  const row = (way: "assembled" | "flux") => ({
    name: `${name}: scripts run for a request, ${names[way]}`,
    value: scripts[way],
    unit: "calls" as const,
  });
  const target = most(targets.scripts);
  return [row("assembled"), target === undefined ? row("flux") : { ...row("flux"), target }];
}

/** CPU time of a whole request, Express's own part included. */
export function barsOf({ name, cpu }: Variant): Bar[] {
  return measured(cpu, ["bare", "flux", ...rivals]).map((way) => ({
    label: `${name}: ${names[way]}`,
    side: way === "bare" || way === "flux" ? way : "others",
    value: median(cpu[way]),
  }));
}

/** Where Flux comes out worse than a rival. */
export function lossesOf({ name, cpu, speed }: Variant): string[] {
  return measured(cpu, rivals).flatMap((rival) => {
    const losses: string[] = [];
    const share = timesOver(cpu, "flux", rival);
    if (share > 1)
      losses.push(
        `${name}: Flux takes ${share.toFixed(2)} times the CPU time that the ${names[rival]} takes above bare.`,
      );
    for (const figure of ["perSecond", "p50", "p99", "p999"] as const) {
      const ours = median(of(speed.flux, figure));
      const theirs = median(of(speed[rival], figure));
      if (figure === "perSecond" && ours < theirs)
        losses.push(
          `${name}: Flux answers fewer requests than the ${names[rival]}: ${ours.toFixed(0)} a second, not ${theirs.toFixed(0)}.`,
        );
      if (figure !== "perSecond" && ours > theirs)
        losses.push(
          `${name}: the ${latencies[figure]} of Flux is ${ours.toFixed(2)} ms, longer than the ${theirs.toFixed(2)} ms of the ${names[rival]}.`,
        );
    }
    return losses;
  });
}

/** What the figures do not say. */
export function remarksOn({ name, cpu, speed }: Variant): string[] {
  const remarks = measured(cpu, ["spinning"]).map(
    (way) =>
      `${name}: a middleware that takes 10 µs by the clock costs ${median(above(cpu, way)).toFixed(1)} µs here, as caches are lost meanwhile; what Flux takes is best held against that.`,
  );
  const busy = median(of(speed.bare, "busy"));
  if (busy < 0.9)
    remarks.push(
      `${name}: bare, the server was busy for ${(busy * 100).toFixed(0)} % of the time: autocannon was the slower of the two, and bare could answer more requests than it was sent.`,
    );
  return remarks;
}
