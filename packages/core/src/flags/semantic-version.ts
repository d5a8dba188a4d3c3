/**
 * Semantic versions (semver.org 2.0.0) as flagd reads them: an optional leading `v` or `V`; `1` and
 * `1.2` stand for `1.0.0` and `1.2.0`; a number is its text; build metadata does not count.
 */

/** Limits of the `semver` package, which flagd's providers use. */
const limits = { length: 256, number: Number.MAX_SAFE_INTEGER } as const;

const dot = 46;
const hyphen = 45;
const zero = 48;
const nine = 57;

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
  const start = text.startsWith("v") || text.startsWith("V") ? 1 : 0;
  const plus = text.indexOf("+");
  const end = plus === -1 ? text.length : plus;
  if (plus !== -1 && !areIdentifiers(text.slice(plus + 1), true)) return undefined;
  const dash = text.indexOf("-");
  const coreEnd = dash === -1 || dash > end ? end : dash;
  const prerelease = text.slice(coreEnd + 1, end);
  if (coreEnd < end && !areIdentifiers(prerelease, false)) return undefined;

  const first = numberEnd(text, start, coreEnd);
  const second = first < coreEnd ? numberEnd(text, first + 1, coreEnd) : first;
  const third = second < coreEnd ? numberEnd(text, second + 1, coreEnd) : second;
  if (first === -1 || second === -1 || third !== coreEnd) return undefined;
  const partial = second === coreEnd;
  if (partial && coreEnd !== text.length) return undefined;
  const major = Number(text.slice(start, first));
  const minor = first < second ? Number(text.slice(first + 1, second)) : 0;
  const patch = second < third ? Number(text.slice(second + 1, third)) : 0;
  if (major > limits.number || minor > limits.number || patch > limits.number) return undefined;
  return { major, minor, patch, prerelease };
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

/** Where the number that begins at `start` ends: at `end` or at a dot; −1 where there is none. */
function numberEnd(text: string, start: number, end: number): number {
  let index = start;
  while (index < end && isDigit(text.charCodeAt(index))) index++;
  const leadingZero = index > start + 1 && text.charCodeAt(start) === zero;
  const ended = index === end || text.charCodeAt(index) === dot;
  return index === start || leadingZero || !ended ? -1 : index;
}

/** Whether a text is identifiers separated by dots, none of them empty. */
function areIdentifiers(text: string, leadingZeros: boolean): boolean {
  return text.split(".").every((identifier) => {
    if (identifier === "") return false;
    for (let index = 0; index < identifier.length; index++)
      if (!isIdentifierCharacter(identifier.charCodeAt(index))) return false;
    const padded = identifier.length > 1 && identifier.startsWith("0");
    return leadingZeros || !padded || !isNumeric(identifier);
  });
}

function isNumeric(identifier: string): boolean {
  for (let index = 0; index < identifier.length; index++)
    if (!isDigit(identifier.charCodeAt(index))) return false;
  return true;
}

function isDigit(code: number): boolean {
  return code >= zero && code <= nine;
}

function isIdentifierCharacter(code: number): boolean {
  const letter = code | 0x20;
  return isDigit(code) || code === hyphen || (letter >= 97 && letter <= 122 && code < 128);
}
