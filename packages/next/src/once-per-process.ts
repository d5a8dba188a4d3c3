import { FluxError } from "@flux/core";

const place = Symbol.for("@flux/next:once-per-process");
/** What this bundle has asked for. */
const asked = new Map<string, () => unknown>();

/**
 * Makes something once for all bundles of a process: Next gives the proxy, the handlers and the components
 * each a copy of a module, and so each a Flux with counters and caches of its own.
 *
 * ```ts
 * export const flux = oncePerProcess("flux", () => defineFlux({ … }));
 * ```
 * In development it is made anew whenever the module that asks is loaded anew.
 * @param name unique in the app
 * @throws FluxError `config_invalid`, where one module or several of a bundle give one name to two functions
 */
export function oncePerProcess<T>(name: string, make: () => T): T {
  const before = asked.get(name);
  const isAgain = before !== undefined && before !== make;
  if (isAgain && process.env.NODE_ENV === "production")
    throw new FluxError(
      "config_invalid",
      `oncePerProcess(${JSON.stringify(name)}) was given two functions: give each a name of its own.`,
    );
  const registry = globalThis as { [place]?: Map<string, unknown> };
  registry[place] ??= new Map();
  const made = registry[place];
  if (isAgain || !made.has(name)) made.set(name, make());
  asked.set(name, make);
  return made.get(name) as T;
}
