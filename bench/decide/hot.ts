/** One decision of Flux with one of a hundred tokens that it knows, timed one by one beside a loop that does nothing. */
import type { Decision } from "@flux/core";
import { type Gauged, gauge } from "../measure/gauge.ts";
import { median, quantile } from "../measure/rounds.ts";
import { fluxStack } from "../scenario/flux.ts";
import { createIdentity, tenants } from "../scenario/identity.ts";
import { type BareRequest, requestsWith } from "./requests.ts";

export interface HotRound extends Gauged {
  /** µs. */
  readonly median: number;
  readonly p999: number;
  readonly bareMedian: number;
  readonly bareP999: number;
  /**
   * Of what spins for 1 µs and allocates as many bytes as a decision: it is interrupted as often, and as often V8
   * has to fetch room for what is allocated.
   */
  readonly spinningP999: number;
  /** ns a decision in an unbroken loop, less what making the request takes; the same with the headers read. */
  readonly loop: number;
  readonly loopWithHeaders: number;
  /** Allocated by a decision, less the request's own; the same with the headers read. */
  readonly bytes: number;
  readonly bytesWithHeaders: number;
}

const perRound = 20_000;

export async function hotRounds(rounds: number): Promise<HotRound[]> {
  const identity = await createIdentity();
  const flux = fluxStack(identity);
  const request = requestsWith(await identity.sign(tenants.length));
  for (const _token of tenants) {
    const first = await flux.decide(request());
    if (!first.allowed) throw new Error(`the benchmark's request was refused:\n${first.explain()}`);
  }
  let sink = 0;
  const decide = (given: BareRequest) => {
    if ((flux.decide(given) as { allowed: boolean }).allowed) sink++;
  };
  const decideAndTell = (given: BareRequest) => {
    const decision = flux.decide(given) as Decision;
    if (decision.allowed && decision.headers.RateLimit !== undefined) sink++;
  };
  const nothing = (given: BareRequest) => {
    if (given.method === "POST") sink++;
  };
  const spin = () => {
    const until = performance.now() + 0.001;
    // 528 bytes.
    sink += new Array(62).fill(0).length;
    while (performance.now() < until);
  };
  /** Each request is made just before it is decided, as a server does, and outside of what is timed. */
  const each = (act: (given: BareRequest) => void) => {
    const samples: number[] = new Array(perRound).fill(0);
    for (let i = 0; i < perRound; i++) {
      const given = request();
      const started = performance.now();
      act(given);
      samples[i] = (performance.now() - started) * 1_000;
    }
    return { median: median(samples), p999: quantile(samples, 0.999) };
  };
  /** Few enough that no collection falls into what is counted, and made beforehand. */
  const few = Array.from({ length: 300 }, request);
  const bytesOf = (act: (given: BareRequest) => void) => {
    const heap = process.memoryUsage().heapUsed;
    for (const given of few) act(given);
    return (process.memoryUsage().heapUsed - heap) / few.length;
  };
  const nsOf = (act: (given: BareRequest) => void) => {
    const started = performance.now();
    for (let i = 0; i < perRound; i++) act(request());
    return ((performance.now() - started) * 1e6) / perRound;
  };
  for (let i = 0; i < 5; i++) each(decide);
  each(spin);
  for (let i = 0; i < 5; i++) gauge();
  const measured: HotRound[] = [];
  for (let i = 0; i < rounds; i++) {
    const started = gauge();
    // Which of the two goes first changes from round to round.
    const before = i % 2 === 0 ? each(nothing) : undefined;
    const decision = each(decide);
    const bare = before ?? each(nothing);
    const spinning = each(spin);
    const base = nsOf(nothing);
    const none = bytesOf(nothing);
    const round = {
      ...decision,
      bareMedian: bare.median,
      bareP999: bare.p999,
      spinningP999: spinning.p999,
      loop: nsOf(decide) - base,
      loopWithHeaders: nsOf(decideAndTell) - base,
      bytes: bytesOf(decide) - none,
      bytesWithHeaders: bytesOf(decideAndTell) - none,
    };
    measured.push({ ...round, gauged: started + gauge() });
  }
  if (sink === 0) throw new Error("nothing was decided");
  return measured;
}
