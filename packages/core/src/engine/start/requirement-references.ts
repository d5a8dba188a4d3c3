/** Whether a requirement hangs together with its config: its names are defined, and what it asks for can be known. */

import { asRecord, isKnown, quote, type Raw, type Tell } from "./raw.ts";

/**
 * @param input the requirement as given; what is malformed is passed over.
 * @param config the config as given.
 */
export function requirementReferences(input: unknown, config: Raw, tell: Tell): void {
  const requirement = asRecord(input);
  checkFlags(requirement.flag, asRecord(config.flags), tell);
  const used = Object.keys(asRecord(requirement.use));
  checkFeatures(listed(requirement, "feature"), used, asRecord(config.features), tell);

  const limits = asRecord(config.limits);
  const limited = listed(requirement, "limit");
  for (const [name, ...path] of limited) isKnown("limit", name, limits, tell, ...path);
  if (requirement.cost !== undefined && limited.length === 0)
    tell("is what a limit is charged, but no limit is given.", "cost");

  const countedBy = (name: string) => asRecord(limits[name]).by;
  const counted = new Set(limited.map(([name]) => name));
  const byAddress = [...counted].filter((name) => countedBy(name) === "ip").length;
  const byAccount = counted.size - byAddress + used.length;
  if (asRecord(config.store).atomic === false && Math.max(byAddress, byAccount) > 1)
    tell(
      "charges several counters at once, but the store cannot charge all or none (its `atomic` is false): a request that one of them refuses would still be charged on the others. Charge one, or use another store.",
    );

  if (requirement.auth !== "none") return;
  for (const name of ["scopes", "roles", "permissions", "feature", "use"])
    if (requirement[name] !== undefined)
      tell('needs to know the caller, but `auth` is "none".', name);
  for (const [name, ...path] of limited) {
    const by = countedBy(name);
    if (["tenant", "principal", "apiKey"].includes(by as string))
      tell(
        `${quote(name)} counts by ${by}, but \`auth\` is "none": count by ip or by a function of the facts.`,
        ...path,
      );
  }
}

function checkFlags(asked: unknown, flags: Raw, tell: Tell): void {
  const variantsOf = (key: string) => asRecord(asRecord(flags[key]).variants);
  if (typeof asked === "string") {
    const variants = variantsOf(asked);
    const isNeverTrue = Object.values(variants).every((value) => typeof value !== "boolean");
    if (isKnown("flag", asked, flags, tell, "flag") && isNeverTrue)
      tell(
        `the flag ${quote(asked)} is never true: say which variant it must have, as { ${quote(asked)}: ${quote(Object.keys(variants)[0] ?? "…")} }.`,
        "flag",
      );
    return;
  }
  for (const [key, variant] of Object.entries(asRecord(asked)))
    if (isKnown("flag", key, flags, tell, "flag", key))
      isKnown(`variant of ${quote(key)}`, variant, variantsOf(key), tell, "flag", key);
}

function checkFeatures(
  asked: readonly Listed[],
  used: readonly string[],
  features: Raw,
  tell: Tell,
): void {
  const isMetered = (name: string) => asRecord(features[name]).kind === "metered";
  for (const [name, ...path] of asked)
    if (isKnown("feature", name, features, tell, ...path) && isMetered(name))
      tell(`${quote(name)} is metered: ask for it by use: { ${quote(name)}: amount }.`, ...path);
  const metered = Object.fromEntries(Object.entries(features).filter(([name]) => isMetered(name)));
  for (const name of used)
    if (Object.hasOwn(features, name) && !isMetered(name))
      tell(`${quote(name)} is not metered: ask for it by feature.`, "use", name);
    else isKnown("metered feature", name, metered, tell, "use", name);
}

type Listed = [name: string, ...path: PropertyKey[]];

/** The names of a field that holds one or several, each with its path. */
function listed(requirement: Raw, field: string): Listed[] {
  const value = requirement[field];
  const items = Array.isArray(value)
    ? value.map((item, index): Listed => [item, field, index])
    : [[value, field] as Listed];
  return items.filter(([item]) => typeof item === "string");
}
