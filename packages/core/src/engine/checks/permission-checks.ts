import type { Names } from "../../config/requirement-types.ts";
import type { Denial } from "../../decision/decision.ts";
import type { Principal } from "../../decision/principal.ts";
import { interned } from "../../support/interned.ts";
import type { Check } from "./check.ts";

type Field = "scopes" | "roles" | "permissions";

/** A check that the principal has all of the names, or any of them. */
export function permissionCheck(field: Field, names: Names): Check {
  const any = typeof names === "object" && "any" in names;
  const list = any ? names.any : [names].flat();
  const anyOf = any ? "any of " : "";
  const denial = (missing: readonly string[]): Denial => ({
    code: field === "scopes" ? "insufficient_scope" : "forbidden",
    check: "permission",
    name: missing.join(" "),
    missing: { field, names: missing, any, required: list },
    detail: `The caller lacks ${anyOf}the ${any || missing.length > 1 ? field : field.slice(0, -1)} ${missing.join(", ")}.`,
  });
  const label = `${field} ${anyOf}${list.join(", ")}`;
  const denied = denial(list);
  const runSeveral: Check["run"] = ({ principal }) => {
    const has = (principal as Principal)[field];
    if (any) return list.some((name) => has.includes(name)) ? undefined : denied;
    const missing = list.filter((name) => !has.includes(name));
    return missing.length === 0 ? undefined : denial(missing);
  };
  // Most requirements ask for one name.
  const only = interned(list[0] as string);
  const runOne: Check["run"] = ({ principal }) =>
    holds(namesOf(principal as Principal, field), only) ? undefined : denied;
  return {
    kind: "permission",
    needs: "principal",
    label,
    run: list.length === 1 ? runOne : runSeveral,
    saw: ({ principal }) => saw(principal, field, list),
  };
}

/** By fixed names: a computed one would be looked up anew each time. */
function namesOf(principal: Principal, field: Field): readonly string[] {
  if (field === "scopes") return principal.scopes;
  return field === "roles" ? principal.roles : principal.permissions;
}

/** A loop, since `includes` takes a slow way through a frozen array. */
function holds(names: readonly string[], name: string): boolean {
  for (let i = 0; i < names.length; i++) if (names[i] === name) return true;
  return false;
}

/** Only the names that were asked for: what else the caller has is nobody's business. */
function saw(principal: Principal | undefined, field: Field, list: readonly string[]): string {
  const held = list.filter((name) => principal?.[field].includes(name));
  const missing = list.filter((name) => !held.includes(name));
  const parts = [
    held.length > 0 ? `has ${held.join(", ")}` : "",
    missing.length > 0 ? `lacks ${missing.join(", ")}` : "",
  ];
  return parts.filter((part) => part !== "").join("; ");
}
