/** docs/faults.md, of what was measured. */
import { availableParallelism } from "node:os";
import { callers, type FaultReport, spans } from "./run-fault.ts";

const deciders = {
  store: "the store",
  onError: "`onError`",
  both: "`onError`, then the store",
} as const;

const whole = (value: number) => Math.round(value).toLocaleString("en-GB");
const fine = (value: number) => value.toFixed(1);

/** @param reports of all faults. */
export function page(reports: readonly FaultReport[]): string {
  return `${[intro(reports), decided(reports), charged(reports), seen(reports), others].join("\n\n")}\n`;
}

/** The same with every number taken out: what must not differ from run to run. */
export function skeleton(text: string): string {
  return text.replace(/\d[\d,.]*/g, "#");
}

function intro(reports: readonly FaultReport[]): string {
  const excess = Math.max(...reports.map(({ worstExcess }) => worstExcess));
  return `<!-- Written by test/faults: npm run faults. -->

# When Redis fails

What becomes of requests while the Redis store's server is away, slow or wrong. Each fault below was done to a real
server while ${callers} callers asked one Flux for decisions, one after the other each: a limit of each \`onError\`
(\`"local"\`, \`"deny"\`, \`"allow"\`), a metered feature (\`"deny"\`, its default) of which every fourth decision was given
back, and a limit that was soon used up. The time budget was the default, ${spans.budget} ms. Measured with Node
${process.versions.node} and Redis ${reports[0]?.version}, both on one machine with ${availableParallelism()} cores that other work shared.

- **A decision is degraded** where the store has not answered in time, or has answered with an error. Then each limit's
  \`onError\` decides: \`"local"\` counts in the process, its share of the limit; \`"allow"\` lets it pass; \`"deny"\` is a 503.
  \`decision.degraded\` has \`"store"\`, and an \`error\` event says why.
- **Within its time budget**: no decision took longer, but for what the process itself was late, which was measured beside
  (a timer cannot ring while the machine does something else). The most beyond that was ${fine(excess)} ms.
- **Charged at most once**: no call is ever made twice that may have been done. Where a call was done and its reply was
  lost, the server has one charge for a request that was decided without it. Where the reply only came late, the
  charge is given back. Where the call came late, it was never made: it carries a deadline by the server's own clock.
- **Over when it is over**: the store decides again by itself, without a restart.`;
}

function decided(reports: readonly FaultReport[]): string {
  const rows = reports.map(({ fault, phases: { during }, recovery, longest }) => [
    fault.name,
    fault.injected,
    deciders[fault.decider],
    whole(during.decisions),
    whole(during.allowed + during.refused),
    `${whole(during.degradedAllowed)} / ${whole(during.degradedRefused)} / ${whole(during.unavailable)}`,
    whole(during.waited),
    `${fine(during.p50)} / ${fine(during.p99)} / ${fine(during.max)}`,
    fine(longest),
    whole(recovery),
  ]);
  return `## What was decided, and how fast

While the fault lasted, about a second. *Waited*: decisions that took the whole budget, before the circuit breaker was
open, and its probes. *Longest of its own*: the longest, less the time in which the process could do nothing at
all. *Well again*: from the end of the fault to the last degraded decision.

${table(
  [
    "Fault",
    "Injected",
    "Who decides",
    "Decisions",
    "By the store",
    "Without: allowed / 429 / 503",
    "Waited",
    "p50 / p99 / max, ms",
    "Longest of its own, ms",
    "Well again, ms",
  ],
  rows,
)}`;
}

function charged(reports: readonly FaultReport[]): string {
  const rows = reports.map(({ fault, kinds }) => {
    const sum = (field: "requests" | "allowed" | "refunded" | "charged") =>
      kinds.reduce((total, kind) => total + kind[field], 0);
    const kept = sum("allowed") - sum("refunded");
    return [
      fault.name,
      whole(sum("requests")),
      whole(sum("allowed")),
      whole(sum("refunded")),
      whole(sum("charged")),
      fault.forgets ? "forgets what it had" : whole(Math.max(0, sum("charged") - kept)),
    ];
  });
  return `## What was charged

Of the whole run, from before the fault until after it. *Charged* is what the server's counters say at the end.
*Without a decision*: charges of requests that were decided without the store.

${table(
  [
    "Fault",
    "Requests",
    "Allowed by the store",
    "Given back",
    "Charged",
    "Charged without a decision",
  ],
  rows,
)}`;
}

function seen(reports: readonly FaultReport[]): string {
  const notes = reports.map(({ fault }) => `- **${fault.name}.** ${fault.seen}`);
  return `## What you see\n\n${notes.join("\n")}`;
}

const others = `## Also tested

- **The server is not there when the process starts**: \`flux.ready()\` rejects and says why, requests are decided by
  \`onError\`, and the store decides as soon as the server is there. The same with a wrong password, and with an address
  that leads to something that is no Redis. No message, event or error holds the password.
- **One of three nodes of a cluster is frozen, or killed**: tenants whose counters live on the others go on being
  decided by the store, but for a few calls that were under way.
- **Local shares**: with \`processes: 4\`, or four processes that the server knows of, a limit of 100 an hour admits about 25
  in each process while the server is away.
- **Refunds** whose reply is lost may be asked again, and are given once. After \`FLUSHALL\` they give no credit.
- **Leases**: units leased before an outage are spent during it, and no others. A lease whose reply is lost costs its
  units once. Processes that share a quota never exceed it together, whatever breaks in between.
- **Clocks**: processes whose clocks are ten minutes off to either side share one bucket, and tell the same time to wait;
  a process's clock that jumps changes nothing. The server's clock set back (10 s, an hour, a day) admits nothing
  beyond a limit or quota; set forth, it is no outage.`;

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}
