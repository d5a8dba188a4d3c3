/** What is not wrong with a config, but probably not meant. */
import type { ParsedConfig } from "../config/schema.ts";
import type { RouteIndex } from "../route/route-index.ts";
import { authLevels, type CompiledRequirement } from "./requirement.ts";

/** How many overlaps are named one by one. */
const mostNamed = 20;

export function startWarnings(
  config: ParsedConfig,
  index: RouteIndex<CompiledRequirement>,
): readonly string[] {
  const warnings: string[] = [];
  const weakened: string[] = [];
  for (const [specific, general] of index.overlaps()) {
    const lost = lostBy(specific.value, general.value);
    if (lost.length > 0)
      weakened.push(
        `routes: ${JSON.stringify(specific.key)} takes requests away from ${JSON.stringify(general.key)} without asking for ${lost.join(", ")}; say so there as well if it was not meant.`,
      );
  }
  warnings.push(...weakened.slice(0, mostNamed));
  if (weakened.length > mostNamed)
    warnings.push(`routes: ${weakened.length - mostNamed} more patterns weaken others.`);
  const { jwt, apiKeys, custom } = config.auth;
  const asks = Object.values(config.routes).some(({ auth }) => auth !== "none");
  if (asks && jwt === undefined && apiKeys === undefined && custom === undefined)
    warnings.push(
      "auth: routes ask who is calling, but neither jwt, apiKeys nor custom says how to know: every such request is unauthenticated.",
    );
  return warnings;
}

/** What the general requirement asks of a caller and the specific one does not. */
function lostBy(specific: CompiledRequirement, general: CompiledRequirement): string[] {
  const lost: string[] = [];
  if (specific.auth < general.auth)
    lost.push(general.auth === authLevels.required ? "authentication" : "valid credentials");
  const kept = new Set(specific.checks.map(({ label }) => label));
  for (const { label } of general.checks) if (!kept.has(label)) lost.push(label);
  return lost;
}
