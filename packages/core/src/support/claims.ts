/** Where a claim is: its name, a path (dotted, or an array), or a function of the claims. */
export type ClaimLocator =
  | string
  | readonly string[]
  | ((claims: Readonly<Record<string, unknown>>) => unknown);

/**
 * A claim's value, or `undefined`. A string is first a name as it stands (names may hold dots and
 * slashes, as `https://example.com/roles` does), then a dotted path. Only own properties are read.
 */
export function readClaim(
  claims: Readonly<Record<string, unknown>>,
  locator: ClaimLocator,
): unknown {
  if (typeof locator === "function") return locator(claims);
  if (typeof locator === "string") {
    if (Object.hasOwn(claims, locator)) return claims[locator];
    return locator.includes(".") ? follow(claims, locator.split(".")) : undefined;
  }
  return follow(claims, locator);
}

function follow(claims: Readonly<Record<string, unknown>>, path: readonly string[]): unknown {
  let value: unknown = claims;
  for (const name of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name))
      return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
