/** One fault, under load, and what came of it. */
import { setTimeout as pause } from "node:timers/promises";
import { redisStore } from "@flux/core/redis";
import { app, charged, type Kind, kinds } from "./app.ts";
import { type Fault, lasting } from "./faults.ts";
import { type Asked, Load, type Phase, phases } from "./load.ts";
import { oneServer } from "./site.ts";

/** ms; the budget is the store's default. */
export const spans = { budget: 50, before: 250, during: 1_000, after: 250 } as const;
export const callers = 32;

export interface PhaseReport {
  readonly decisions: number;
  /** By the store: allowed, and refused. */
  readonly allowed: number;
  readonly refused: number;
  /** Without the store: allowed, refused by a local count, and 503. */
  readonly degradedAllowed: number;
  readonly degradedRefused: number;
  readonly unavailable: number;
  /** Decisions that took the whole budget. */
  readonly waited: number;
  /** ms */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface FaultReport {
  readonly fault: Fault;
  readonly phases: { readonly [phase in Phase]: PhaseReport };
  readonly kinds: readonly KindReport[];
  readonly asked: readonly Asked[];
  /** The most that a decision took beyond the budget, but for this process's own lateness, ms. */
  readonly worstExcess: number;
  /** The longest decision while the fault lasted, but for this process's own lateness, ms. */
  readonly longest: number;
  readonly worstLateness: number;
  /** ms from the end of the fault to the last decision without the store. */
  readonly recovery: number;
  readonly errors: readonly unknown[];
  /** What Node has warned of, as it does of leaks. */
  readonly warnings: readonly string[];
  /** Of Redis. */
  readonly version: string;
}

/** What was charged, of one kind of request. */
export interface KindReport {
  readonly kind: Kind;
  readonly requests: number;
  /** Allowed by the store itself. */
  readonly allowed: number;
  readonly refunded: number;
  readonly refundsFailed: number;
  /** On the server, at the end. */
  readonly charged: number;
}

export async function runFault(fault: Fault): Promise<FaultReport> {
  const warnings: string[] = [];
  const warn = ({ message }: Error) => warnings.push(message);
  process.on("warning", warn);
  const site = await (fault.site ?? oneServer)();
  const flux = app(redisStore(site.options));
  let load: Load | undefined;
  try {
    await flux.ready();
    load = new Load(flux, callers);
    await load.untilClean();
    load.phase = "before";
    await pause(spans.before);
    load.phase = "during";
    await fault.inject(site);
    await lasting(fault, site, spans.during);
    await fault.heal(site);
    const recovery = await load.untilClean();
    load.phase = "after";
    await pause(spans.after);
    await load.stop();
    // What was held up on its way has arrived by then.
    await pause(250);
    const counts = await charged(site.direct);
    return { ...report(fault, load, recovery, counts), version: site.version, warnings };
  } finally {
    process.off("warning", warn);
    await load?.stop();
    await flux.close();
    await site.stop();
  }
}

function report(
  fault: Fault,
  load: Load,
  recovery: number,
  counts: readonly number[],
): Omit<FaultReport, "version" | "warnings"> {
  const { asked, lateness, errors } = load;
  return {
    fault,
    phases: Object.fromEntries(phases.map((phase) => [phase, phaseReport(load, phase)])) as Record<
      Phase,
      PhaseReport
    >,
    kinds: kinds.map((kind, i) => {
      const ofKind = asked.filter((each) => each.kind === kind);
      return {
        kind,
        requests: ofKind.length,
        allowed: ofKind.filter((each) => each.clean && each.allowed).length,
        refunded: kind === "metered" ? load.refunded : 0,
        refundsFailed: kind === "metered" ? load.refundsFailed : 0,
        charged: counts[i] as number,
      };
    }),
    asked,
    worstExcess: asked.reduce((most, each) => Math.max(most, load.excess(each, spans.budget)), 0),
    longest: asked
      .filter(({ phase }) => phase === "during")
      .reduce((most, each) => Math.max(most, load.excess(each, 0)), 0),
    worstLateness: lateness.worst,
    recovery,
    errors,
  };
}

function phaseReport(load: Load, phase: Phase): PhaseReport {
  const asked = load.asked.filter((each) => each.phase === phase);
  const count = (is: (each: Asked) => boolean) => asked.filter(is).length;
  const times = asked.map(({ from, to }) => to - from).sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))];
  return {
    decisions: asked.length,
    allowed: count((each) => each.clean && each.allowed),
    refused: count((each) => each.clean && !each.allowed),
    degradedAllowed: count((each) => !each.clean && each.allowed),
    degradedRefused: count((each) => !each.clean && each.status === 429),
    unavailable: count((each) => !each.clean && each.status === 503),
    waited: count((each) => load.excess(each, spans.budget) > -5),
    p50: at(0.5) ?? 0,
    p99: at(0.99) ?? 0,
    max: times.at(-1) ?? 0,
  };
}
