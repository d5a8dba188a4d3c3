import type { FeaturesInput, FlagsInput, FluxConfig } from "./config/config-types.ts";

/**
 * Gives a config back as it is, with all its names typed: for a config that stands in a file of its own, so
 * that `defineFlux` takes it in the app, and `testFlux` (`@flux/core/testing`) in the app's tests. Nothing is
 * checked before one of them does.
 */
export function defineConfig<
  // biome-ignore lint/complexity/noBannedTypes: no flags means no keys, and `{}` is the type that has none.
  const Flags extends FlagsInput = {},
  // biome-ignore lint/complexity/noBannedTypes: as above, for features.
  const Features extends FeaturesInput = {},
  const Plans extends string = never,
  const Limits extends string = never,
>(config: FluxConfig<Flags, Features, Plans, Limits>): FluxConfig<Flags, Features, Plans, Limits> {
  return config;
}
