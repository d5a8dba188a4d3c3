/**
 * `npm run bench`: measures what the README and the changelog claim, on this machine, in one run.
 * `npm run bench -- redis` measures the stores instead: Redis, on a real server, and the memory store.
 * `--quick` takes fewer rounds. It exits 1 where a target is missed.
 */
import { cpus } from "node:os";
import { benchDecide } from "./decide.ts";
import { benchFlags } from "./flags.ts";
import { benchLimits } from "./limits.ts";
import { benchRedis } from "./redis.ts";
import { Report } from "./report.ts";
import { benchRoutes } from "./routes.ts";

const families = { decide, flags, routes, memory, redis } as const;
type Family = keyof typeof families;

const words = process.argv.slice(2);
const quick = words.includes("--quick");
const asked = words.filter((word) => !word.startsWith("--"));
const unknown = asked.filter((word) => !Object.hasOwn(families, word));
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(", ")}. Known: ${Object.keys(families).join(", ")}.`);
  process.exit(2);
}
const chosen: readonly Family[] =
  asked.length === 0
    ? ["decide", "flags", "routes", "memory"]
    : asked.flatMap((word) => (word === "redis" ? ["redis", "memory"] : [word]) as Family[]);

const report = new Report();
report.note(
  `Node ${process.version}, V8 ${process.versions.v8}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}`,
);
report.note("Medians over rounds; the targets are those that the project has set itself.");
for (const family of new Set(chosen)) await families[family]();
process.exitCode = report.print();

async function decide(): Promise<void> {
  report.title(
    "One decision",
    "token in the cache, flag, features, quota, two limits, memory store",
  );
  const { decision, bare, ...rest } = await benchDecide(quick ? 7 : 31);
  report.row("median", decision.median, "µs", 1.5);
  report.row("the bare loop's median", bare.median, "µs");
  report.row("p99.9", decision.p999, "µs");
  report.row("the bare loop's p99.9", bare.p999, "µs");
  report.row("p99.9 above the bare loop's", decision.p999 - bare.p999, "µs", 10);
  report.row("in an unbroken loop", rest.loopNs, "ns");
  report.row("the same, with the headers", rest.withHeadersNs, "ns");
  report.row("allocated", rest.bytes, "bytes");
  report.row("the same, with the headers", rest.withHeadersBytes, "bytes");
}

function flags(): void {
  report.title("One flag", "compiled targeting, shared results");
  for (const { name, nsPerOp, targetNs } of benchFlags()) report.row(name, nsPerOp, "ns", targetNs);
}

function routes(): void {
  report.title("Routes", "a public request with two parameters");
  const growth = benchRoutes();
  for (const { routes, ns } of growth) report.row(`${routes} routes`, ns, "ns");
  const [few, many] = [growth[0]?.ns ?? Number.NaN, growth.at(-1)?.ns ?? Number.NaN];
  report.row("10,000 over 10 routes", many / few, "×", 1.3);
}

async function memory(): Promise<void> {
  report.title("Memory store", "a charge, and a million keys coming and going");
  for (const { name, value, unit, target } of await benchLimits(quick ? 3 : 5))
    report.row(name, value, unit, target);
}

async function redis(): Promise<void> {
  report.title("Redis", "three limits and a quota, whole decisions of Flux, a server of its own");
  const { flux, limiters, leased, ratio } = await benchRedis(quick ? 9 : 45, 100);
  const others = "rate-limiter-flexible's four in turn";
  report.row("Flux, 64 in flight", flux.perSecond, "a second");
  report.row(`${others}, 64 in flight`, limiters.perSecond, "a second");
  report.row("their throughput over Flux's", ratio.perSecond, "×", 1 / 3);
  report.row("Flux's share of their time, 64 in flight", 1 / ratio.together, "×", 1 / 3);
  report.row("Flux, one in flight", flux.alone, "µs");
  report.row(`${others}, one in flight`, limiters.alone, "µs");
  report.row("Flux's share of their time, one in flight", 1 / ratio.alone, "×", 1 / 3);
  report.row("Flux with leases of 100, 64 in flight", leased.perSecond, "a second");
}
