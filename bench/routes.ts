/** What finding a route costs as routes grow in number: the same request among 10 and among 10,000. */
import { defineFlux } from "@flux/core";

export interface GrowthRow {
  readonly routes: number;
  /** ns a decision, median of the rounds. */
  readonly ns: number;
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;

function fluxOf(routes: number) {
  const entries: Record<string, "public"> = {};
  for (let i = 0; i < routes; i++) entries[`GET /service${i}/items/:id/parts/:part`] = "public";
  return defineFlux({ routes: entries });
}

/** The sizes take turns within each round, so that the machine's moods meet all of them alike. */
export function benchRoutes(sizes = [10, 100, 1_000, 10_000], rounds = 31): GrowthRow[] {
  const fluxes = sizes.map((size) => ({ size, flux: fluxOf(size) }));
  const samples = new Map<number, number[]>(sizes.map((size) => [size, []]));
  const perRound = 20_000;
  let sink = 0;
  for (let round = -5; round < rounds; round++)
    for (const { size, flux } of fluxes) {
      const requests = Array.from({ length: 64 }, (_, i) => ({
        method: "GET",
        url: Buffer.from(`/service${(i * 7) % 10}/items/${i}/parts/x`, "latin1").toString("latin1"),
        headers: {},
      }));
      const start = performance.now();
      for (let i = 0; i < perRound; i++) {
        const decision = flux.decide(requests[i & 63] as (typeof requests)[number]);
        if ((decision as { allowed: boolean }).allowed) sink++;
      }
      const ns = ((performance.now() - start) * 1e6) / perRound;
      if (round >= 0) samples.get(size)?.push(ns);
    }
  if (sink === 0) throw new Error("nothing was decided");
  return sizes.map((routes) => ({ routes, ns: median(samples.get(routes) as number[]) }));
}
