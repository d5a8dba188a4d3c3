/** What the words on the command line ask for. */

/** In the order in which they run. Each is bench/families/<name>.ts. */
export const families = [
  "decide",
  "end-to-end",
  "growth",
  "cold-start",
  "garbage",
  "flags",
  "stores",
] as const;
export type FamilyName = (typeof families)[number];

/** What these words measured, the stores do. */
const formerly: Record<string, FamilyName> = { redis: "stores", memory: "stores" };

export interface Asked {
  readonly chosen: readonly FamilyName[];
  readonly quick: boolean;
  /** Whether RESULTS.md and the plots are written, if no family fails. */
  readonly write: boolean;
}

/** A string says what cannot be understood. */
export function parseWords(words: readonly string[]): Asked | string {
  const options = words.filter((word) => word.startsWith("-"));
  const names = words.filter((word) => !word.startsWith("-"));
  const known = (word: string) => Object.hasOwn(formerly, word) || isFamily(word);
  const unknown = [
    ...names.filter((word) => !known(word)),
    ...options.filter((word) => word !== "--quick" && word !== "--write"),
  ];
  if (unknown.length > 0)
    return `There is no ${unknown.join(", ")}. Known: ${families.join(", ")}; --quick, --write.`;
  const quick = options.includes("--quick");
  const write = options.includes("--write");
  if (quick && write)
    return "--quick takes too few rounds to be written down: drop it, or --write.";
  const asked = names.map((word) => formerly[word] ?? word);
  return {
    chosen: asked.length === 0 ? families : families.filter((name) => asked.includes(name)),
    quick,
    write: write || (asked.length === 0 && !quick),
  };
}

const isFamily = (word: string): word is FamilyName =>
  (families as readonly string[]).includes(word);
