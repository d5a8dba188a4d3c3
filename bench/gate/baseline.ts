/**
 * The baseline: the revision whose speed is the bar, and its sources. It is moved by hand, in baseline.json,
 * so that many small slowdowns cannot add up unseen.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

export const repository = join(import.meta.dirname, "..", "..");
/** Inside the repository, for the imports of what lies there lead to its node_modules. */
export const cache = join(repository, "node_modules", ".cache", "flux-gate");

/** Why there is nothing to compare with: the gate could not be run, which is not to have failed. */
export class GateError extends Error {}

/** The baseline is not in this copy: a tarball, a shallow clone, or a machine without git. */
export class UnknownRevision extends GateError {}

/** @param given a revision that is asked for instead, by any name that git knows. */
export function baselineRevision(given?: string): string {
  const { revision } = JSON.parse(
    readFileSync(join(import.meta.dirname, "baseline.json"), "utf8"),
  ) as { readonly revision: string };
  const name = given ?? revision;
  const { stdout, status, error } = git(
    "rev-parse",
    "--verify",
    "--quiet",
    "--end-of-options",
    `${name}^{commit}`,
  );
  if (status === 0) return stdout.toString().trim();
  if (error !== undefined) throw new UnknownRevision(`git cannot be run: ${error.message}.`);
  const inRepository = git("rev-parse", "--git-dir").status === 0;
  if (!inRepository) throw new UnknownRevision("There is no history here: this is no clone.");
  if (git("rev-parse", "--is-shallow-repository").stdout.toString().trim() === "true")
    throw new UnknownRevision(
      `The baseline ${name} is not in this shallow clone: run \`git fetch --unshallow\`, and again.`,
    );
  throw new GateError(
    `The baseline ${name} is not in this clone: run \`git fetch\`, and again; or, where history was rewritten, put a revision into bench/gate/baseline.json that is in it.`,
  );
}

/** Where packages/core of a revision lies; extracted once. */
export function sourcesOf(revision: string): string {
  const folder = join(cache, revision);
  const sources = join(folder, "packages", "core");
  if (existsSync(sources)) return sources;
  // Under another name until it is whole: whoever is interrupted leaves no half of it behind.
  const draft = `${folder}.${process.pid}`;
  mkdirSync(draft, { recursive: true });
  const archive = git("archive", "--format=tar", revision, "packages/core");
  if (archive.status !== 0)
    throw new GateError(`git archive: ${archive.error?.message ?? archive.stderr}`);
  const tar = spawnSync("tar", ["-x", "-C", draft], { input: archive.stdout });
  if (tar.status !== 0) throw new GateError(`tar: ${tar.error?.message ?? tar.stderr}`);
  rmSync(folder, { recursive: true, force: true });
  renameSync(draft, folder);
  return sources;
}

function git(...words: readonly string[]) {
  return spawnSync("git", words, { cwd: repository, maxBuffer: 2 ** 30 });
}
