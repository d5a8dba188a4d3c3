/**
 * Decides steadily for a while, or only makes the same requests, and tells over IPC what the collector did:
 * in a process of its own, whose heap holds nothing else.
 */
import { PerformanceObserver } from "node:perf_hooks";
import { requestsWith } from "../decide/requests.ts";
import { fluxStack } from "../scenario/flux.ts";
import { createIdentity, tenants } from "../scenario/identity.ts";

const [way, given] = process.argv.slice(2);
const seconds = Number(given);
/** Requests a second, in batches of a millisecond each: a busy server, with room to spare. */
const perSecond = 20_000;

const identity = await createIdentity();
const flux = fluxStack(identity);
const request = requestsWith(await identity.sign(tenants.length));
const act =
  way === "flux"
    ? () => flux.decide(request()) as { allowed: boolean }
    : () => ({ allowed: request().method === "POST" });
for (let i = 0; i < 50_000; i++) await flux.decide(request());

/** ms of each pause. */
const pauses: number[] = [];
const observer = new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) pauses.push(duration);
});
globalThis.gc?.();
observer.observe({ entryTypes: ["gc"] });

let made = 0;
const started = performance.now();
const ends = started + seconds * 1_000;
while (performance.now() < ends) {
  const due = Math.floor(((performance.now() - started) / 1_000) * perSecond);
  for (; made < due; made++) if (!act().allowed) throw new Error("refused, or not decided at once");
  await new Promise((resolve) => setTimeout(resolve, 1));
}
for (const { duration } of observer.takeRecords()) pauses.push(duration);
observer.disconnect();
await new Promise((resolve) => process.send?.({ made, pauses }, resolve));
process.disconnect?.();
await flux.close();
