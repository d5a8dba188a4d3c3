/**
 * Semantic versions (semver.org 2.0.0) as flagd reads them: an optional leading `v` or `V`; `1` and
 * `1.2` stand for `1.0.0` and `1.2.0`; a number is its text; build metadata does not count.
 */

/** Limits of the `semver` package, which flagd's providers use. */
const limits = { length: 256, number: Number.MAX_SAFE_INTEGER } as const;

const number = String.raw`(?:0|[1-9]\d*)`;
/** Of a pre-release: a number without leading zeros, or a name. */
const identifier = String.raw`(?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*)`;
const prerelease = String.raw`-(${identifier}(?:\.${identifier})*)`;
const build = String.raw`\+[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*`;
const patch = String.raw`\.(${number})(?:${prerelease})?(?:${build})?`;
const minor = String.raw`\.(${number})(?:${patch})?`;
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
  if (typeof text !== "string" || text.length > limits.length) return undefined;
  const parts = version.exec(text);
  if (parts === null) return undefined;
  const [, major, minor = "0", patch = "0", prerelease = ""] = parts;
  const read = { major: Number(major), minor: Number(minor), patch: Number(patch), prerelease };
  return Math.max(read.major, read.minor, read.patch) > limits.number ? undefined : read;
}

/** Negative, 0 or positive, by the precedence of §11. */
export function compareVersions(left: Version, right: Version): number {
  if (left.major !== right.major) return left.major - right.major;
  if (left.minor !== right.minor) return left.minor - right.minor;
  if (left.patch !== right.patch) return left.patch - right.patch;
  if (left.prerelease === right.prerelease) return 0;
  if (left.prerelease === "") return 1;
  if (right.prerelease === "") return -1;
  return comparePrereleases(left.prerelease.split("."), right.prerelease.split("."));
}

function comparePrereleases(left: readonly string[], right: readonly string[]): number {
  for (let index = 0; ; index++) {
    const a = left[index];
    const b = right[index];
    if (a === undefined || b === undefined) return left.length - right.length;
    if (a === b) continue;
    const numeric = isNumeric(a);
    if (numeric !== isNumeric(b)) return numeric ? -1 : 1;
    // Numbers without leading zeros: the longer one is the larger one, however large.
    if (numeric && a.length !== b.length) return a.length - b.length;
    return a < b ? -1 : 1;
  }
}

const isNumeric = (identifier: string) => /^\d+$/.test(identifier);
