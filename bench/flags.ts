/**
 * What the evaluation of one flag costs: `node bench/flags.ts` (Node 24 or later strips the types).
 * Nanoseconds per evaluation, the median of many rounds.
 */

import { pathToFileURL } from "node:url";
import { type CompiledFlags, compileFlags } from "../packages/core/src/flags/compile-flags.ts";
import type { EvaluationContext, FlagDefinition } from "../packages/core/src/flags/types.ts";

export interface BenchRow {
  readonly name: string;
  readonly nsPerOp: number;
  /** What it may cost; absent where nothing is promised. */
  readonly targetNs?: number;
}

const variants = { on: true, off: false };
const released: Pick<FlagDefinition, "state" | "variants" | "defaultVariant"> = {
  state: "ENABLED",
  variants,
  defaultVariant: "off",
};

const definitions: Record<string, FlagDefinition> = {
  static: released,
  targeting: {
    ...released,
    targeting: { if: [{ in: [{ var: "plan" }, ["pro", "scale"]] }, "on", "off"] },
  },
  "three-rules": {
    ...released,
    targeting: {
      if: [
        { "==": [{ var: "plan" }, "scale"] },
        "on",
        { and: [{ ends_with: [{ var: "email" }, "@example.com"] }, { "!": { var: "beta" } }] },
        "on",
        { ">=": [{ var: "seats" }, 100] },
        "on",
        "off",
      ],
    },
  },
  percentage: {
    ...released,
    targeting: {
      fractional: [
        ["on", 10],
        ["off", 90],
      ],
    },
  },
  "percentage-by-cat": {
    ...released,
    targeting: {
      fractional: [{ cat: [{ var: "$flagd.flagKey" }, { var: "email" }] }, ["on", 10], ["off", 90]],
    },
  },
  "percentage-by-var": {
    ...released,
    targeting: { fractional: [{ var: "email" }, ["on", 10], ["off", 90]] },
  },
  "rule-then-percentage": {
    ...released,
    targeting: {
      if: [
        { in: [{ var: "plan" }, ["pro", "scale"]] },
        "on",
        {
          fractional: [
            ["on", 10],
            ["off", 90],
          ],
        },
      ],
    },
  },
  version: {
    ...released,
    targeting: { if: [{ sem_ver: [{ var: "version" }, ">=", "2.3.0"] }, "on", "off"] },
  },
};

const targets: Readonly<Record<string, number>> = { static: 20, targeting: 100, percentage: 150 };

/** Different objects of one shape, as requests bring them: nothing is the same from one to the next. */
const contexts: readonly EvaluationContext[] = Array.from({ length: 1_024 }, (_, index) => ({
  targetingKey: `https://idp.example.com|user-${index * 7919}`,
  tenant: `tenant-${index % 97}`,
  plan: ["free", "pro", "team", "scale"][index % 4],
  email: `person.${index}@${index % 3 === 0 ? "example.com" : "example.org"}`,
  seats: index % 200,
  beta: index % 5 === 0,
  version: `${index % 4}.${index % 10}.${index % 7}`,
}));

const rounds = 201;
const evaluationsPerRound = 20_000;

/** Read at the end, so that no evaluation can be found to be without use. */
let sink = 0;

function measure(flags: CompiledFlags, key: string): number {
  const samples: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    for (let index = 0; index < evaluationsPerRound; index++) {
      const context = contexts[index & 1_023] as EvaluationContext;
      if (flags.evaluate(key, context).value === true) sink++;
    }
    samples.push(((performance.now() - start) * 1e6) / evaluationsPerRound);
  }
  samples.sort((left, right) => left - right);
  return samples[Math.floor(rounds / 2)] as number;
}

/** Measures every kind of flag, after all of them have run: as in a server, no call site sees only one. */
export function benchFlags(): BenchRow[] {
  const flags = compileFlags(definitions, { now: Date.now });
  if (flags.warnings.length > 0) throw new Error(JSON.stringify(flags.warnings));
  for (const key of flags.keys) measure(flags, key);
  const rows = flags.keys.map((name): BenchRow => {
    const nsPerOp = measure(flags, name);
    const targetNs = targets[name];
    return targetNs === undefined ? { name, nsPerOp } : { name, nsPerOp, targetNs };
  });
  if (sink < 0) throw new Error("unreachable: the sink only grows");
  return rows;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  for (const { name, nsPerOp, targetNs } of benchFlags())
    console.log(
      `${name.padEnd(24)}${nsPerOp.toFixed(1).padStart(8)} ns${targetNs === undefined ? "" : `  (target ${targetNs})`}`,
    );
