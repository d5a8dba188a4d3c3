import { FluxError } from "@flux/core";

interface Made {
  readonly source: string;
  readonly value: unknown;
}

const place = Symbol.for("@flux/next:once-per-process");
/** What this bundle has asked for: two definitions of one name are told apart here. */
const asked = new Map<string, string>();

/**
 * Makes something once for all bundles of a process: Next gives the proxy, the handlers and the components
 * each a copy of a module, and so each a Flux with counters and caches of its own.
 *
 * ```ts
 * export const flux = oncePerProcess("flux", () => defineFlux({ … }));
 * ```
 * In development it is made anew where the function's text has changed.
 * @param name unique in the app
 * @throws FluxError `config_invalid`, where one name is given to two functions
 */
export function oncePerProcess<T>(name: string, make: () => T): T {
  const source = String(make);
  const isDevelopment = process.env.NODE_ENV === "development";
  if (!isDevelopment && (asked.get(name) ?? source) !== source)
    throw new FluxError(
      "config_invalid",
      `oncePerProcess(${JSON.stringify(name)}) was given two functions: give each a name of its own.`,
    );
  asked.set(name, source);
  const registry = globalThis as { [place]?: Map<string, Made> };
  registry[place] ??= new Map();
  const known = registry[place].get(name);
  if (known !== undefined && (!isDevelopment || known.source === source)) return known.value as T;
  const value = make();
  registry[place].set(name, { source, value });
  return value;
}
