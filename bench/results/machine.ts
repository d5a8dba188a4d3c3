/** What the figures were measured on: without paths, and without the machine's name. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { cpus, release, totalmem, type } from "node:os";

export interface Machine {
  readonly node: string;
  readonly v8: string;
  /** `4 × Some processor`. */
  readonly processor: string;
  /** `8 GiB`. */
  readonly memory: string;
  /** `Linux 6.1.0`. */
  readonly kernel: string;
  /** Of what is measured beside Flux, and of what both stand on. */
  readonly packages: readonly (readonly [name: string, version: string])[];
  /** Of git; absent where there is none. */
  readonly revision?: string;
  /** `2026-11-22`, in UTC. */
  readonly date: string;
}

export function readMachine(): Machine {
  const revision = readRevision();
  return {
    node: process.versions.node,
    v8: process.versions.v8,
    processor: `${cpus().length} × ${cpus()[0]?.model.trim() || "unknown processor"}`,
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    // Without what a distribution adds to it.
    kernel: `${type()} ${release().split(".").slice(0, 2).join(".")}`,
    packages: readPackages(),
    ...(revision === undefined ? {} : { revision }),
    date: new Date().toISOString().slice(0, 10),
  };
}

/** Those that bench/package.json names, in the versions that are installed. */
function readPackages(): [string, string][] {
  const { dependencies } = packageOf(new URL("../package.json", import.meta.url));
  return Object.keys(dependencies ?? {})
    .filter((name) => !name.startsWith("@flux/"))
    .map((name) => {
      const file = findPackageJSON(name, import.meta.url);
      return [name, file === undefined ? "not installed" : packageOf(file).version];
    });
}

function packageOf(file: string | URL): {
  readonly version: string;
  readonly dependencies?: Record<string, string>;
} {
  return JSON.parse(readFileSync(file, "utf8"));
}

function readRevision(): string | undefined {
  const git = (...words: string[]) =>
    execFileSync("git", words, {
      cwd: new URL("../..", import.meta.url),
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  try {
    const revision = git("rev-parse", "--short=12", "HEAD");
    // What the benchmarks write themselves is no change to what they measure.
    const written = [":!bench/RESULTS.md", ":!bench/plots"];
    const changes = git("--no-optional-locks", "status", "--porcelain", "--", ".", ...written);
    return changes === "" ? revision : `${revision}, with uncommitted changes`;
  } catch {
    return undefined;
  }
}
