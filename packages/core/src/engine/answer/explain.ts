/** A decision told step by step. It is derived from what the walk found out; nothing is logged on the way. */
import { denialCodes } from "../../decision/codes.ts";
import type { Denial, ExplainedCheck, Explanation } from "../../decision/decision.ts";
import { canRun } from "../checks/run-checks.ts";

import { authLevels } from "../requirement.ts";
import type { Walk } from "../walk/walk.ts";
import { limitStates } from "./limit-states.ts";

export function explain(walk: Walk): Explanation {
  const checks = [
    routeLine(walk),
    ...identityLines(walk),
    ...checkLines(walk),
    ...chargeLines(walk),
  ].map((line) => {
    const cost = walk.timing?.costs?.get(line.check);
    return cost === undefined ? line : { ...line, cost };
  });
  const code = walk.denials[0]?.code;
  // Whoever calls without HTTP has no method.
  const asked = walk.facts.method || "call";
  const summary =
    code === undefined
      ? `${asked} allowed`
      : `${asked} refused: ${denialCodes[code].status} ${code}`;
  return {
    summary,
    checks,
    toString() {
      const width = Math.max(...checks.map(({ check }) => check.length));
      return [summary, ...checks.map((line) => printLine(line, width))].join("\n");
    },
  };
}

const marks = { passed: "✓", failed: "✗", skipped: "–" } as const;

function printLine({ check, outcome, detail, cost }: ExplainedCheck, width: number): string {
  const time = cost === undefined ? "" : `  ${cost.toFixed(1)} µs`;
  return `  ${marks[outcome]} ${check.padEnd(width)}  ${detail}${time}`;
}

/** The denial of a stage, or of one thing that it looked at. */
function denialOf(walk: Walk, ...kinds: readonly Denial["check"][]): Denial | undefined {
  return walk.denials.find(({ check }) => kinds.includes(check));
}

function line(
  check: string,
  denial: Denial | undefined,
  passed: string,
  failed = denial?.detail,
): ExplainedCheck {
  return denial === undefined
    ? { check, outcome: "passed", detail: passed }
    : { check, outcome: "failed", detail: `${denial.code}: ${failed}` };
}

const skipped = (check: string, detail: string): ExplainedCheck => ({
  check,
  outcome: "skipped",
  detail,
});

function routeLine(walk: Walk): ExplainedCheck {
  const { routes, auth } = walk.requirement;
  // The levels are numbered in their order.
  const asked = Object.keys(authLevels)[auth];
  const where = routes.join(" and ") || "no route of the config";
  return line("request", denialOf(walk, "request"), `${where}; authentication ${asked}`);
}

function identityLines(walk: Walk): ExplainedCheck[] {
  const { principal, account, requirement, engine } = walk;
  const lines: ExplainedCheck[] = [];
  const refused = denialOf(walk, "credentials");
  if (requirement.auth === authLevels.none) lines.push(skipped("credentials", "not asked for"));
  else if (!walk.identified && refused === undefined)
    lines.push(skipped("credentials", "refused before"));
  else
    lines.push(
      line(
        "credentials",
        refused,
        principal === undefined
          ? "anonymous"
          : `${principal.id} (${principal.type}${walk.viaCookie ? ", by cookie" : ""})`,
      ),
    );
  if (engine.tenants === undefined) return lines;
  const denial = denialOf(walk, "tenant");
  if (account === undefined && denial === undefined)
    lines.push(skipped("tenant", "none is known, none was needed"));
  else
    lines.push(line("tenant", denial, `${account?.id} on plan ${account?.plan?.name ?? "none"}`));
  return lines;
}

function checkLines(walk: Walk): ExplainedCheck[] {
  const known = denialOf(walk, "request", "credentials") === undefined;
  const upTo = denialOf(walk, "tenant") === undefined ? "account" : "principal";
  return walk.requirement.checks.map((check) => {
    if (!known || !canRun(check, walk, upTo)) return skipped(check.label, "not reached");
    const saw = check.saw(walk);
    return line(check.label, check.run(walk), saw, saw);
  });
}

function chargeLines(walk: Walk): ExplainedCheck[] {
  const { uses, limits, shield } = walk.requirement;
  const states = limitStates(walk);
  const asked = [
    ...uses.map(({ feature }) => ["feature", feature.name] as const),
    ...[...shield, ...limits].map(({ limit }) => ["limit", limit.name] as const),
  ];
  return asked.map(([kind, name]) => {
    const isQuota = kind === "feature";
    const check = `${isQuota ? "quota" : "limit"} ${name}`;
    const state = states.find((each) => each.name === name && each.kind === kind);
    const onError = walk.withoutStore?.get(`${kind}:${name}`);
    if (state !== undefined) {
      const where =
        onError === undefined ? "" : ", counted in this process: the store could not charge";
      const detail = `${state.remaining} of ${state.quota} left, ${state.asked} asked, ${state.charged} charged, ${isQuota ? "anew" : "full"} at ${new Date(state.resetAt).toISOString()}${where}`;
      return { check, outcome: state.passed ? "passed" : "failed", detail };
    }
    if (onError !== undefined) {
      const detail = `not counted: the store could not charge, and onError is ${JSON.stringify(onError)}`;
      return { check, outcome: onError === "deny" ? "failed" : "skipped", detail };
    }
    return skipped(
      check,
      walk.denials.length === 0
        ? "unlimited on this plan"
        : "not charged: the request was refused before",
    );
  });
}
