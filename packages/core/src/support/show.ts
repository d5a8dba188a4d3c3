/** A value in a message: short, never a whole object, and never a long string that may be a secret. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null || typeof value === "boolean" || typeof value === "number")
    return String(value);
  if (typeof value === "string")
    return value.length <= 60 ? JSON.stringify(value) : `a string of ${value.length} characters`;
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : "an array";
  return typeof value === "object" ? showObject(value) : `a ${typeof value}`;
}

/** An instance of a class by the class's name: it may look like the plain object that was meant. */
function showObject(value: object): string {
  let name: unknown;
  try {
    name = Object.getPrototypeOf(value)?.constructor?.name;
  } catch {
    // A proxy, or a getter, that does not want to be looked at.
  }
  return typeof name !== "string" || name === "" || name === "Object"
    ? "an object"
    : `an instance of ${name.slice(0, 60)}`;
}

/** As `show`, where a text may be a credential, however short it is: how long it is, and nothing of it. */
export function showWithoutText(value: unknown): string {
  return typeof value === "string" ? `a string of ${value.length} characters` : show(value);
}
