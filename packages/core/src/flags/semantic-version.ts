/**
 * Semantic versions (semver.org 2.0.0) as flagd reads them: an optional leading `v` or `V`; `1` and
 * `1.2` stand for `1.0.0` and `1.2.0`; a number is its text; build metadata does not count.
 */

/** Of a version's text, in the `semver` package, which flagd's providers use. Its numbers are safe integers. */
const maximumLength = 256;

const number = "(?:0|[1-9][0-9]*)";
/** Of a pre-release: a number without leading zeros, or a name. */
const identifier = `(?:${number}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)`;
const prerelease = `-(${identifier}(?:[.]${identifier})*)`;
const build = "[+][0-9A-Za-z-]+(?:[.][0-9A-Za-z-]+)*";
const patch = `[.](${number})(?:${prerelease})?(?:${build})?`;
const minor = `[.](${number})(?:${patch})?`;
/** Its groups are major, minor, patch and pre-release; with names for them it would take 1.4 times as long. */
const version = new RegExp(`^[vV]?(${number})(?:${minor})?$`);

export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** Without its hyphen; empty for a release. */
  readonly prerelease: string;
}

/** `undefined` where it is no version. */
export function parseVersion(raw: unknown): Version | undefined {
  const text = typeof raw === "number" ? String(raw) : raw;
  if (typeof text !== "string" || text.length > maximumLength) return undefined;
  const parts = version.exec(text);
  if (parts === null) return undefined;
  const [, major, minor = "0", patch = "0", prerelease = ""] = parts;
  const read = { major: Number(major), minor: Number(minor), patch: Number(patch), prerelease };
  return Number.isSafeInteger(Math.max(read.major, read.minor, read.patch)) ? read : undefined;
}

/** Negative, 0 or positive, by the precedence of §11. */
export function compareVersions(left: Version, right: Version): number {
  return (
    left.major - right.major ||
    left.minor - right.minor ||
    left.patch - right.patch ||
    comparePrereleases(left.prerelease, right.prerelease)
  );
}

function comparePrereleases(left: string, right: string): number {
  if (left === right) return 0;
  if (left === "") return 1;
  if (right === "") return -1;
  const lefts = left.split(".");
  const rights = right.split(".");
  for (let index = 0; ; index++) {
    const a = lefts[index];
    const b = rights[index];
    if (a === undefined || b === undefined) return lefts.length - rights.length;
    if (a === b) continue;
    const numeric = isNumeric(a);
    if (numeric !== isNumeric(b)) return numeric ? -1 : 1;
    // Numbers without leading zeros: the longer one is the larger one, however large.
    if (numeric && a.length !== b.length) return a.length - b.length;
    return a < b ? -1 : 1;
  }
}

const isNumeric = (identifier: string) => /^\d+$/.test(identifier);
