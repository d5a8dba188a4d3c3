/** What a page of another origin may read beside the simple headers (Fetch standard, CORS). */
const exposed = ["RateLimit", "RateLimit-Policy", "Retry-After"] as const;

/**
 * `Access-Control-Expose-Headers` with what a decision's headers need in it.
 * @param already the header's value so far.
 * @returns `undefined` where nothing is missing.
 */
export function exposedHeaders(already: string): string | undefined {
  const listed = already === "" ? [] : already.split(/\s*,\s*/);
  const known = new Set(listed.map((name) => name.toLowerCase()));
  const missing = exposed.filter((name) => !known.has(name.toLowerCase()));
  return missing.length === 0 ? undefined : [...listed, ...missing].join(", ");
}
