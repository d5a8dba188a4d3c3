/** Where the programs are that tests start, and what to install where one is missing. */
import { accessSync, constants, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

interface Program {
  /** Debian's package, which `scripts/test-servers.ts` installs where it may. */
  readonly package: string;
  /** Directories to look in besides those of PATH. */
  readonly directories: () => string[];
}

const programs = {
  "redis-server": { package: "redis-server", directories: () => [] },
  postgres: { package: "postgresql", directories: postgresDirectories },
  initdb: { package: "postgresql", directories: postgresDirectories },
  // No program: the library that is preloaded into a server whose clock a test moves.
  "libfaketimeMT.so.1": { package: "faketime", directories: libraryDirectories },
} as const satisfies Record<string, Program>;

export type ProgramName = keyof typeof programs;

export interface MissingProgram {
  readonly name: ProgramName;
  readonly package: string;
}

/** All programs that tests need and that are not here. */
export function missingPrograms(): MissingProgram[] {
  const names = Object.keys(programs) as ProgramName[];
  return names
    .filter((name) => pathOf(name) === undefined)
    .map((name) => ({ name, package: programs[name].package }));
}

/** The path of a program. @throws Error where it is not installed; the message names the package. */
export function findProgram(name: ProgramName): string {
  const path = pathOf(name);
  if (path !== undefined) return path;
  throw new Error(
    `${name} is not installed: install ${programs[name].package} (node scripts/test-servers.ts does it as root on Debian)`,
  );
}

function pathOf(name: ProgramName): string | undefined {
  const fromPath = (process.env.PATH ?? "").split(delimiter).filter((each) => each !== "");
  return [...fromPath, ...programs[name].directories()]
    .map((directory) => join(directory, name))
    .find(isReadable);
}

/** Debian keeps every version's programs apart, and off PATH. The newest comes first. */
function postgresDirectories(): string[] {
  const parent = "/usr/lib/postgresql";
  return entriesOf(parent)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(parent, version, "bin"));
}

function libraryDirectories(): string[] {
  return ["/usr/lib", "/usr/local/lib"].flatMap((parent) => [
    join(parent, "faketime"),
    ...entriesOf(parent).map((each) => join(parent, each, "faketime")),
  ]);
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
