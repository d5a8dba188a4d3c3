/** Freezes plain data and all in it: what a cache shares between requests nobody may change. */
export function deepFreeze<T>(value: T): T {
  // No recursion: what somebody else wrote may nest as deep as it is long.
  const found: unknown[] = [value];
  for (let item = found.pop(); item !== undefined; item = found.pop()) {
    if (typeof item !== "object" || item === null || Object.isFrozen(item)) continue;
    Object.freeze(item);
    for (const key in item) {
      const inner = (item as Record<string, unknown>)[key];
      if (typeof inner === "object" && inner !== null) found.push(inner);
    }
  }
  return value;
}
