/**
 * `npm run bench`: measures what the README and the changelog claim, on this machine, in one run.
 * `npm run bench -- --quick` takes fewer rounds. It exits 1 where a target is missed.
 */
import { cpus } from "node:os";
import { benchDecide } from "./decide.ts";
import { benchFlags } from "./flags.ts";
import { benchLimits } from "./limits.ts";
import { Report } from "./report.ts";
import { benchRoutes } from "./routes.ts";

const quick = process.argv.includes("--quick");
const report = new Report();
report.note(
  `Node ${process.version}, V8 ${process.versions.v8}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}`,
);
report.note("Medians over rounds; the targets are those of the first release's issue.");

report.title("One decision", "token in the cache, flag, features, quota, two limits, memory store");
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

report.title("One flag", "compiled targeting, shared results");
for (const { name, nsPerOp, targetNs } of benchFlags()) report.row(name, nsPerOp, "ns", targetNs);

report.title("Routes", "a public request with two parameters");
const growth = benchRoutes();
for (const { routes, ns } of growth) report.row(`${routes} routes`, ns, "ns");
const [few, many] = [growth[0]?.ns ?? Number.NaN, growth.at(-1)?.ns ?? Number.NaN];
report.row("10,000 over 10 routes", many / few, "×", 1.3);

report.title("Memory store", "a charge, and a million keys coming and going");
for (const { name, nsPerOp, longestStall, bytesPerKey } of await benchLimits()) {
  report.row(name, nsPerOp, "ns");
  if (longestStall !== undefined) report.row(`${name}: longest stall`, longestStall, "ms");
  if (bytesPerKey !== undefined) report.row(`${name}: beside the key`, bytesPerKey, "bytes");
}

process.exitCode = report.print();
