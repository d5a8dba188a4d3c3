/** `routes["POST /exports"].scopes[0]`: as one would write it in the config. */
export function pathOf(path: readonly PropertyKey[], at = ""): string {
  let text = at;
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[A-Za-z_$][\w$]*$/.test(String(part)))
      text += text === "" ? String(part) : `.${String(part)}`;
    else text += `[${JSON.stringify(String(part))}]`;
  }
  return text;
}
