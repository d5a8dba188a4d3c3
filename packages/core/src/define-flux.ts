/** One config object in, one Flux out: validate → compile → decide. */
import type { FeaturesInput, FlagsInput, FluxConfig, KeysOf } from "./config/config-types.ts";
import { createFlux } from "./engine/create-flux.ts";
import type { Flux } from "./engine/flux.ts";
import { compileEngine } from "./engine/start/compile-engine.ts";
import { readConfig } from "./engine/start/read-config.ts";

/**
 * Makes a Flux of a config.
 *
 * @throws FluxError `config_invalid`: its message lists every mistake with its path, what was expected
 * and the nearest valid name; `problems` holds them one by one.
 */
export function defineFlux<
  // biome-ignore lint/complexity/noBannedTypes: no flags means no keys, and `{}` is the type that has none.
  const Flags extends FlagsInput = {},
  // biome-ignore lint/complexity/noBannedTypes: as above, for features.
  const Features extends FeaturesInput = {},
  const Plans extends string = never,
  const Limits extends string = never,
>(
  config: FluxConfig<Flags, Features, Plans, Limits>,
): Flux<KeysOf<Flags, Features, Plans, Limits>> {
  const settings = readConfig(config);
  return createFlux(compileEngine(settings), settings) as unknown as Flux<
    KeysOf<Flags, Features, Plans, Limits>
  >;
}
