import { isPromise } from "./is-promise.ts";

/**
 * Whether a function of the config that should have answered at once gave a promise instead. Its rejection,
 * which nobody waits for, must not end the process.
 */
export function isLateAnswer(value: unknown): boolean {
  if (!isPromise(value)) return false;
  value.then(undefined, () => undefined);
  return true;
}
