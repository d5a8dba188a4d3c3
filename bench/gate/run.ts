/**
 * The regression gate: is the hot path of the working tree as fast as that of the baseline? It measures both
 * in the same processes, in turns, and judges ratios: what else the machine does slows both alike.
 *
 *     node bench/gate/run.ts                      the tree against the baseline
 *     node bench/gate/run.ts --against <revision> the tree against another revision
 *     node bench/gate/run.ts --optional           the same; a copy without the baseline's history passes, and says so
 *     node bench/gate/run.ts --plant              the tree, slowed by 20 %, against the tree: fails
 *     node bench/gate/run.ts --self-check         the gate itself: the tree against the tree passes, and
 *                                                 slowed by 20 % fails
 *
 * Exits with 0 where all is well, with 1 where a case is slower (for --self-check: where the gate is wrong),
 * with 2 where it could not measure.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createIdentity, tenants } from "../scenario/identity.ts";
import { baselineRevision, GateError, repository, sourcesOf, UnknownRevision } from "./baseline.ts";
import { bundle } from "./build.ts";
import { compare, isSharp, isSlower, type Verdict } from "./measure.ts";
import { paint, tableOf } from "./table.ts";

const { values: asked } = parseArgs({
  options: {
    against: { type: "string" },
    optional: { type: "boolean", default: false },
    plant: { type: "boolean", default: false },
    "self-check": { type: "boolean", default: false },
  },
});

const workingTree = join(repository, "packages", "core");
const made: string[] = [];

async function bundled(core: string, name: string): Promise<string> {
  const path = await bundle(core, name);
  made.push(path);
  return path;
}

async function signedIdentity() {
  const { jwks, sign } = await createIdentity();
  return { jwks, tokens: await sign(tenants.length) };
}

const namesOf = (verdicts: readonly Verdict[]) =>
  verdicts.map(({ name, unit }) => `${name} (${unit})`).join(", ");

async function gate(): Promise<number> {
  const revision = baselineRevision(asked.against);
  const bundles = {
    baseline: await bundled(sourcesOf(revision), "baseline"),
    tree: await bundled(workingTree, "tree"),
  };
  const verdicts = await compare(bundles, await signedIdentity());
  const short = revision.slice(0, 9);
  console.log(tableOf("The working tree against the baseline", short, verdicts));
  const slower = verdicts.filter(isSlower);
  if (slower.length === 0) return 0;
  console.log(`
${paint("red", `Slower than ${short}: ${namesOf(slower)}.`)}
See where the time goes, both sides in each profile of a child process:
  npx node --cpu-prof --cpu-prof-dir=node_modules/.cache/flux-gate/profiles bench/gate/run.ts
Where it is meant to be slower, move the baseline, and say why: bench/gate/baseline.json.`);
  return 1;
}

/** Against the tree itself, and not the baseline: a tree that has become faster would hide what is planted. */
async function ownBundles() {
  return { baseline: await bundled(workingTree, "same"), tree: await bundled(workingTree, "tree") };
}

async function planted(): Promise<number> {
  const verdicts = await compare(await ownBundles(), await signedIdentity(), true);
  console.log(tableOf("The working tree, slowed by 20 %, against itself", "unslowed", verdicts));
  return verdicts.some(isSlower) ? 1 : 0;
}

async function selfCheck(): Promise<number> {
  const bundles = await ownBundles();
  const identity = await signedIdentity();
  const same = await compare(bundles, identity);
  console.log(tableOf("The working tree against itself", "itself", same));
  const slowed = await compare(bundles, identity, true);
  console.log(tableOf("The working tree, slowed by 20 %, against itself", "unslowed", slowed));
  const mistaken = same.filter(isSlower);
  const missed = slowed.filter((verdict) => isSharp(verdict) && !isSlower(verdict));
  if (mistaken.length > 0) {
    console.log(paint("red", `\nThe gate fails what is the same: ${namesOf(mistaken)}.`));
  }
  if (missed.length > 0) {
    console.log(paint("red", `\nThe gate does not see 20 %: ${namesOf(missed)}.`));
  }
  if (mistaken.length + missed.length > 0) return 1;
  console.log(paint("green", "\nThe gate passes what is the same, and sees 20 % in every case."));
  return 0;
}

try {
  process.exitCode = await (asked["self-check"] ? selfCheck() : asked.plant ? planted() : gate());
} catch (error) {
  const passes = asked.optional && error instanceof UnknownRevision;
  console.error(error instanceof GateError ? paint(passes ? "text" : "red", error.message) : error);
  if (passes) console.error("Not compared.");
  process.exitCode = passes ? 0 : 2;
} finally {
  for (const path of made) rmSync(path, { force: true });
}
