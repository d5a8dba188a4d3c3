import { pathOf as writePath } from "../support/path.ts";

/** What `var` sees: the evaluation context, or what `map`, `filter` and their like bind. */
type Scope = "context" | "element";

/** Where in a definition the compiler is. A linked list, so that a path is written only for a mistake. */
export interface Place {
  readonly parent: Place | undefined;
  readonly key: string | number;
  readonly depth: number;
  readonly scope: Scope;
  /** The `$evaluators` entry that is being read; entries do not refer to each other. */
  readonly evaluator: string | undefined;
}

export function flagPlace(flagKey: string): Place {
  return { parent: undefined, key: flagKey, depth: 1, scope: "context", evaluator: undefined };
}

export function inside(parent: Place, key: string | number, scope: Scope = parent.scope): Place {
  return { parent, key, depth: parent.depth + 1, scope, evaluator: parent.evaluator };
}

/** The path as one would write it in the config: `flags["exports-v2"].targeting.if[0]["=="][1]`. */
export function pathOf(place: Place): string {
  const parts: (string | number)[] = [];
  for (let at: Place | undefined = place; at !== undefined; at = at.parent) parts.unshift(at.key);
  return writePath(parts, "flags");
}
