/**
 * Family of one flag: what its evaluation costs, by what its targeting asks. The evaluator itself is no door of
 * the package, so it comes from the sources.
 */
import { type CompiledFlags, compileFlags } from "../../packages/core/src/flags/compile-flags.ts";
import type { EvaluationContext, FlagDefinition } from "../../packages/core/src/flags/types.ts";

import { median, rowOf } from "../measure/rounds.ts";
import type { FamilyResult } from "../results/result.ts";
import { flagKey, flags } from "../scenario/app.ts";

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
  "rule-then-percentage": flags[flagKey],
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

const evaluationsPerRound = 20_000;

/** Read at the end, so that no evaluation can be found to be without use. */
let sink = 0;

/** ns an evaluation. */
function measure(flags: CompiledFlags, key: string): number {
  const started = performance.now();
  for (let index = 0; index < evaluationsPerRound; index++) {
    const context = contexts[index & 1_023] as EvaluationContext;
    if (flags.evaluate(key, context).value === true) sink++;
  }
  return ((performance.now() - started) * 1e6) / evaluationsPerRound;
}

export async function run({ quick }: { quick: boolean }): Promise<FamilyResult> {
  const compiled = compileFlags(definitions, { now: Date.now });
  if (compiled.warnings.length > 0) throw new Error(JSON.stringify(compiled.warnings));
  const rounds = new Map(compiled.keys.map((key) => [key, [] as number[]]));
  // All kinds take turns: as in a server, no call site sees only one.
  for (let round = -5; round < (quick ? 25 : 101); round++)
    for (const [key, measured] of rounds) {
      const ns = measure(compiled, key);
      if (round >= 0) measured.push(ns);
    }
  if (sink === 0) throw new Error("no flag was ever on");
  return {
    title: "One flag",
    what: "The evaluation of one compiled flag, for a context that is another one each time.",
    rows: [...rounds].map(([key, measured]) => {
      const target = targets[key];
      return rowOf(key, measured, "ns", target === undefined ? undefined : { most: target });
    }),
    plot: {
      kind: "bars",
      title: "One flag, by what its targeting asks",
      unit: "ns",
      logarithmic: false,
      bars: [...rounds].map(([label, measured]) => ({
        label,
        side: "flux",
        value: median(measured),
      })),
    },
    remarks: [],
  };
}

if (import.meta.main) console.dir(await run({ quick: true }), { depth: 9 });
