import type { Decision } from "@flux/core";

/** The guard around what is running now. Next has `AsyncLocalStorage` on both of its runtimes. */
export type Running = {
  getStore(): Decision | undefined;
  run<T>(decision: Decision, f: () => T): T;
};

export function running(): Running | undefined {
  // In an app's own tests there is no Next to have made it global.
  const Storage = globalThis.AsyncLocalStorage ?? builtIn("async_hooks")?.AsyncLocalStorage;
  return Storage === undefined ? undefined : new Storage<Decision>();
}

/** A module of Node's, where there is one: not an import, which an edge runtime would fail on. */
const builtIn = (name: "async_hooks") =>
  (globalThis as { process?: NodeJS.Process }).process?.getBuiltinModule?.(name);
