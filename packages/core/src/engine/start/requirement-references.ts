/** Whether a requirement hangs together with its config: its names are defined, and what it asks for can be known. */

import { asRecord, field, isKnown, type Raw, type Tell } from "./raw.ts";

/**
 * @param input the requirement as given; what is malformed is passed over.
 * @param config the config as given.
 */
export function requirementReferences(input: unknown, config: Raw, tell: Tell): void {
  const requirement = asRecord(input);
  checkFlags(field(requirement, "flag"), asRecord(config.flags), tell);
  const used = Object.keys(asRecord(field(requirement, "use")));
  checkFeatures(listed(requirement, "feature"), used, asRecord(config.features), tell);

  const limits = asRecord(config.limits);
  const limited = listed(requirement, "limit");
  for (const [name, ...path] of limited) isKnown("limit", name, limits, tell, ...path);
  if (field(requirement, "cost") !== undefined && limited.length === 0)
    tell("is what a limit is charged, but no limit is given.", "cost");

  const countedBy = (name: string) => asRecord(field(limits, name)).by;
  const counted = new Set(limited.map(([name]) => name));
  const byAddress = [...counted].filter((name) => countedBy(name) === "ip").length;
  const byAccount = counted.size - byAddress + used.length;
  if (asRecord(config.store).atomic === false && Math.max(byAddress, byAccount) > 1)
    tell(
      "charges several counters at once, but the store cannot charge all or none (its `atomic` is false): a request that one of them refuses would still be charged on the others. Charge one, or use another store.",
    );

  if (field(requirement, "auth") !== "none") return;
  for (const name of ["scopes", "roles", "permissions", "feature", "use"])
    if (field(requirement, name) !== undefined)
      tell('needs to know the caller, but `auth` is "none".', name);
  for (const [name, ...path] of limited) {
    const by = countedBy(name);
    if (by === "tenant" || by === "principal" || by === "apiKey")
      tell(
        `${JSON.stringify(name)} counts by ${by}, but \`auth\` is "none": count by ip or by a function of the facts.`,
        ...path,
      );
  }
}

function checkFlags(asked: unknown, flags: Raw, tell: Tell): void {
  const variantsOf = (key: string) => asRecord(asRecord(flags[key]).variants);
  if (typeof asked === "string") {
    if (!isKnown("flag", asked, flags, tell, "flag")) return;
    const variants = variantsOf(asked);
    if (Object.values(variants).every((value) => typeof value !== "boolean"))
      tell(
        `the flag ${JSON.stringify(asked)} is never true: say which variant it must have, as { ${JSON.stringify(asked)}: ${JSON.stringify(Object.keys(variants)[0] ?? "…")} }.`,
        "flag",
      );
    return;
  }
  for (const [key, variant] of Object.entries(asRecord(asked)))
    if (isKnown("flag", key, flags, tell, "flag", key) && typeof variant === "string")
      isKnown(`variant of ${JSON.stringify(key)}`, variant, variantsOf(key), tell, "flag", key);
}

function checkFeatures(
  asked: readonly Listed[],
  used: readonly string[],
  features: Raw,
  tell: Tell,
): void {
  const isMetered = (name: string) => asRecord(field(features, name)).kind === "metered";
  for (const [name, ...path] of asked)
    if (isKnown("feature", name, features, tell, ...path) && isMetered(name))
      tell(
        `${JSON.stringify(name)} is metered: ask for it by use: { ${JSON.stringify(name)}: amount }.`,
        ...path,
      );
  const metered = Object.fromEntries(Object.entries(features).filter(([name]) => isMetered(name)));
  for (const name of used) {
    if (!Object.hasOwn(features, name))
      isKnown("metered feature", name, metered, tell, "use", name);
    else if (!isMetered(name))
      tell(`${JSON.stringify(name)} is not metered: ask for it by feature.`, "use", name);
  }
}

type Listed = [name: string, ...path: PropertyKey[]];

/** The names of a field that holds one or several, each with its path. */
function listed(requirement: Raw, name: string): Listed[] {
  const value = field(requirement, name);
  if (typeof value === "string") return [[value, name]];
  if (!Array.isArray(value)) return [];
  return value.flatMap((item, index): Listed[] =>
    typeof item === "string" ? [[item, name, index]] : [],
  );
}
