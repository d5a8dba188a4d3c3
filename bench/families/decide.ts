/** Family (a): one whole decision, alone and beside the same decision assembled from other packages. */
import { type CpuRound, coldRounds, warmRounds } from "../decide/beside.ts";
import { hotRounds } from "../decide/hot.ts";
import { quieterHalf } from "../measure/gauge.ts";
import { differences, median, ratios, rowOf } from "../measure/rounds.ts";
import type { FamilyResult } from "../results/result.ts";

export async function run({ quick }: { quick: boolean }): Promise<FamilyResult> {
  const all = await hotRounds(quick ? 15 : 61);
  const hot = quieterHalf(all);
  const warm = await warmRounds(quick ? 7 : 15);
  const tokens = quick ? 150 : 400;
  const cold = await coldRounds(quick ? 7 : 15, tokens, "RS256");
  const curves = await coldRounds(quick ? 7 : 15, tokens, "ES256");
  const of = <T>(rounds: readonly T[], field: keyof T) =>
    rounds.map((round) => round[field] as number);
  const tail = (rounds: typeof hot) => differences(of(rounds, "p999"), of(rounds, "bareP999"));
  const aboveJose = (rounds: readonly CpuRound[]) =>
    differences(of(rounds, "flux"), of(rounds, "jose"));
  return {
    title: "One decision",
    what: "A whole decision: a bearer token (RS256), the tenant's record, a scope, a flag with targeting, a feature of the plan, one unit of a monthly quota, two limits; counters in memory. Beside it the same decision by jose, OpenFeature over flagd's evaluator, two limits of express-rate-limit, a quota of rate-limiter-flexible and a table of plans, called without any HTTP. CPU time is that of all threads of the process. As the machine has slow phases, what is timed one decision at a time is of the half of the rounds in which a fixed piece of work beside them took least, where a row does not say that it is of all.",
    rows: [
      rowOf("median", of(hot, "median"), "µs", { most: 1 }),
      rowOf("the bare loop's median", of(hot, "bareMedian"), "µs"),
      rowOf("p99.9", of(hot, "p999"), "µs"),
      rowOf("the bare loop's p99.9", of(hot, "bareP999"), "µs"),
      rowOf("p99.9 above the bare loop's", tail(hot), "µs", { most: 5 }),
      rowOf("median, all rounds", of(all, "median"), "µs"),
      rowOf("p99.9 above the bare loop's, all rounds", tail(all), "µs"),
      rowOf(
        "p99.9 of a loop that spins for 1 µs and allocates as much",
        of(hot, "spinningP999"),
        "µs",
      ),
      rowOf("in an unbroken loop", of(hot, "loop"), "ns"),
      rowOf("the same, with the response's headers", of(hot, "loopWithHeaders"), "ns"),
      rowOf("allocated", of(hot, "bytes"), "bytes", { most: 600 }),
      rowOf("the same, with the response's headers", of(hot, "bytesWithHeaders"), "bytes"),
      rowOf("Flux, a hundred known tokens, CPU", of(warm, "flux"), "µs"),
      rowOf("the assembled stack, a hundred known tokens, CPU", of(warm, "assembled"), "µs"),
      rowOf("the assembled stack that keeps tokens, CPU", of(warm, "caching"), "µs"),
      rowOf(
        "the assembled stack's CPU over Flux's, known tokens",
        ratios(of(warm, "assembled"), of(warm, "flux")),
        "×",
        { least: 50 },
      ),
      rowOf(
        "the same of the stack that keeps tokens",
        ratios(of(warm, "caching"), of(warm, "flux")),
        "×",
      ),
      rowOf("Flux, every token new, CPU", of(cold, "flux"), "µs"),
      rowOf("jose's verification alone, every token new, CPU", of(cold, "jose"), "µs"),
      rowOf("the assembled stack, every token new, CPU", of(cold, "assembled"), "µs"),
      rowOf("Flux above jose's verification, every token new", aboveJose(cold), "µs", { most: 10 }),
      rowOf("Flux, every token new and of ES256, CPU", of(curves, "flux"), "µs"),
      rowOf("jose's verification alone, the same, CPU", of(curves, "jose"), "µs"),
      rowOf("Flux above jose's verification, the same", aboveJose(curves), "µs", { most: 10 }),
    ],
    plot: {
      kind: "bars",
      title: "CPU time of one decision",
      unit: "µs",
      logarithmic: true,
      bars: [
        { label: "Flux, known tokens", side: "flux", value: median(of(warm, "flux")) },
        { label: "assembled, known tokens", side: "others", value: median(of(warm, "assembled")) },
        { label: "assembled, keeping tokens", side: "others", value: median(of(warm, "caching")) },
        { label: "Flux, new tokens", side: "flux", value: median(of(cold, "flux")) },
        { label: "jose alone, new tokens", side: "bare", value: median(of(cold, "jose")) },
        { label: "assembled, new tokens", side: "others", value: median(of(cold, "assembled")) },
      ],
    },
    remarks: [
      `What takes time is interrupted, and what allocates has to wait now and then until V8 has room for it: the p99.9 of a loop that does nothing but spin for 1 µs and allocate as much as a decision is ${median(of(hot, "spinningP999")).toFixed(1)} µs here.`,
      "The assembled stack verifies a token each time: that is most of its cost, and what Flux's cache of verified tokens spares. The one that keeps tokens does so by a Map in front of `jwtVerify`, without a bound, and without the work of key rotation and revocation that comes with it.",
      "What Flux does less than jose for a new token of RS256 (2,048 bits): Node verifies the signature in the thread that asks, which takes that thread no longer than handing the work to another one. ES256 takes four times as long, and is handed over.",
    ],
  };
}

if (import.meta.main) console.dir(await run({ quick: true }), { depth: 9 });
