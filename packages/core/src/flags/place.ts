/** What `var` sees: the evaluation context, or what `map`, `filter` and their like bind. */
export type Scope = "context" | "element";

/** Where in a definition the compiler is. A linked list, so that a path is written only for a mistake. */
export interface Place {
  readonly parent: Place | undefined;
  readonly key: string | number;
  readonly depth: number;
  readonly scope: Scope;
  /** The `$evaluators` entry that is being read; entries do not refer to each other. */
  readonly evaluator: string | undefined;
}

const root: Place = {
  parent: undefined,
  key: "flags",
  depth: 0,
  scope: "context",
  evaluator: undefined,
};

export function flagPlace(flagKey: string): Place {
  return inside(root, flagKey);
}

export function inside(parent: Place, key: string | number, scope: Scope = parent.scope): Place {
  return { parent, key, depth: parent.depth + 1, scope, evaluator: parent.evaluator };
}

/** `flags["exports-v2"].targeting.if[0]["=="][1]`: flag keys are always quoted, other names where they must be. */
export function pathOf(place: Place): string {
  const { parent, key } = place;
  if (parent === undefined) return String(key);
  if (typeof key === "number") return `${pathOf(parent)}[${key}]`;
  const bare = parent.parent !== undefined && /^[A-Za-z_$][\w$]*$/.test(key);
  return bare ? `${pathOf(parent)}.${key}` : `${pathOf(parent)}[${JSON.stringify(key)}]`;
}
