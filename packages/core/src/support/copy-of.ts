/**
 * The same text in memory of its own. Engines keep a whole header or URL alive behind a piece that was cut
 * out of it; what is kept for long must not.
 */
export function copyOf(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}
