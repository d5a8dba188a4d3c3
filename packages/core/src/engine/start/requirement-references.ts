/** Whether a requirement hangs together with its config: its names are defined, and what it asks for can be known. */

import type { Problem } from "../../errors.ts";
import { pathOf } from "../../support/path.ts";
import { asRecord, field, type Raw, unknownName } from "./raw.ts";

/**
 * @param input the requirement as given; what is malformed is passed over.
 * @param config the config as given.
 * @param at the path that problems begin with.
 */
export function requirementReferences(input: unknown, config: Raw, at: string): Problem[] {
  const requirement = asRecord(input);
  const problems: Problem[] = [];
  const report = (path: readonly PropertyKey[], message: string) =>
    problems.push({ path: pathOf(path, at), message });

  const flags = asRecord(config.flags);
  const asked = field(requirement, "flag");
  for (const key of typeof asked === "string" ? [asked] : Object.keys(asRecord(asked))) {
    const path = typeof asked === "string" ? ["flag"] : ["flag", key];
    if (!Object.hasOwn(flags, key)) {
      report(path, unknownName("flag", key, Object.keys(flags)));
      continue;
    }
    const variants = asRecord(asRecord(flags[key]).variants);
    if (typeof asked === "string") {
      if (Object.values(variants).every((value) => typeof value !== "boolean"))
        report(
          path,
          `the flag ${JSON.stringify(key)} is never true: say which variant it must have, as { ${JSON.stringify(key)}: ${JSON.stringify(Object.keys(variants)[0] ?? "…")} }.`,
        );
    } else {
      const variant = asRecord(asked)[key];
      if (typeof variant === "string" && !Object.hasOwn(variants, variant))
        report(
          path,
          unknownName(`variant of ${JSON.stringify(key)}`, variant, Object.keys(variants)),
        );
    }
  }

  const features = asRecord(config.features);
  const kindOf = (name: string) => asRecord(field(features, name)).kind;
  for (const [name, path] of listed(requirement, "feature")) {
    if (!Object.hasOwn(features, name))
      report(path, unknownName("feature", name, Object.keys(features)));
    else if (kindOf(name) === "metered")
      report(
        path,
        `${JSON.stringify(name)} is metered: ask for it by use: { ${JSON.stringify(name)}: amount }.`,
      );
  }
  const used = Object.keys(asRecord(field(requirement, "use")));
  for (const name of used) {
    const metered = Object.keys(features).filter((feature) => kindOf(feature) === "metered");
    if (!Object.hasOwn(features, name))
      report(["use", name], unknownName("metered feature", name, metered));
    else if (kindOf(name) !== "metered")
      report(["use", name], `${JSON.stringify(name)} is not metered: ask for it by feature.`);
  }

  const limits = asRecord(config.limits);
  const limited = listed(requirement, "limit");
  for (const [name, path] of limited)
    if (!Object.hasOwn(limits, name)) report(path, unknownName("limit", name, Object.keys(limits)));
  if (field(requirement, "cost") !== undefined && limited.length === 0)
    report(["cost"], "is what a limit is charged, but no limit is given.");

  const counted = new Set(limited.map(([name]) => name));
  const byAddress = [...counted].filter((name) => asRecord(field(limits, name)).by === "ip").length;
  const byAccount = counted.size - byAddress + used.length;
  if (asRecord(config.store).atomic === false && Math.max(byAddress, byAccount) > 1)
    report(
      [],
      "charges several counters at once, but the store cannot charge all or none (its `atomic` is false): a request that one of them refuses would still be charged on the others. Charge one, or use another store.",
    );

  if (field(requirement, "auth") !== "none") return problems;
  for (const name of ["scopes", "roles", "permissions", "feature", "use"])
    if (field(requirement, name) !== undefined)
      report([name], 'needs to know the caller, but `auth` is "none".');
  for (const [name, path] of limited) {
    const by = asRecord(field(limits, name)).by;
    if (by === "tenant" || by === "principal" || by === "apiKey")
      report(
        path,
        `${JSON.stringify(name)} counts by ${by}, but \`auth\` is "none": count by ip or by a function of the facts.`,
      );
  }
  return problems;
}

/** The names of a field that holds one or several, each with its path. */
function listed(requirement: Raw, name: string): [string, PropertyKey[]][] {
  const value = field(requirement, name);
  if (typeof value === "string") return [[value, [name]]];
  if (!Array.isArray(value)) return [];
  return value.flatMap((item, index): [string, PropertyKey[]][] =>
    typeof item === "string" ? [[item, [name, index]]] : [],
  );
}
