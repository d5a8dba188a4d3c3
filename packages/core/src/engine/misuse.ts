/** What adapters are given instead of what they need, told where the app starts. */
import type { Keys, Requirement } from "../config/requirement-types.ts";
import { FluxError } from "../errors.ts";
import { show } from "../support/show.ts";
import type { Flux, PreparedRequirement } from "./flux.ts";

/**
 * @param adapter what was called, such as `koaFlux`.
 * @param usage how it is called rightly; default: with the Flux alone.
 * @throws FluxError `config_invalid` where it was given no Flux
 */
export function checkFlux(
  flux: unknown,
  adapter: string,
  usage = `${adapter}(defineFlux({ … }))`,
): void {
  if (typeof (flux as Partial<Flux> | null | undefined)?.decide === "function") return;
  throw new FluxError(
    "config_invalid",
    `${adapter} needs a Flux: ${usage}. It was given ${show(flux)}.`,
  );
}

/**
 * What a guard asks for, checked and compiled.
 * @param misplaced what came behind the requirement: a framework that takes `guard` for a middleware calls it
 *   with several arguments.
 * @returns `undefined` where the config's routes say it all.
 * @throws FluxError `requirement_invalid`
 */
export function prepareGuard<K extends Keys>(
  flux: Flux<K>,
  requirement: Requirement<K> | undefined,
  misplaced: readonly unknown[],
): PreparedRequirement<K> | undefined {
  if (misplaced.length > 0)
    throw new FluxError(
      "requirement_invalid",
      "A guard was used as a middleware itself: call it, as in app.use(guard()).",
    );
  return requirement === undefined ? undefined : flux.prepare(requirement);
}
