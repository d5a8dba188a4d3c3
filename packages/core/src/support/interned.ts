/**
 * The same text, kept as engines keep the names in a program: two such are told apart by where they lie, and
 * not by being read. For what is compared on every request.
 */
export function interned(text: string): string {
  return Object.keys({ [text]: 0 })[0] as string;
}
