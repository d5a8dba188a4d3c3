import type { Flux } from "@flux/core";
import { checkFlux } from "@flux/core/node";
import { ConfigurableModuleBuilder, type FactoryProvider, Module } from "@nestjs/common";
import { APP_GUARD, ApplicationConfig, DiscoveryModule } from "@nestjs/core";
import { DenialFilter } from "./denial-filter.ts";
import { FluxGuard } from "./flux-guard.ts";
import { Requirements } from "./requirements.ts";
import { FLUX } from "./tokens.ts";

export interface FluxModuleOptions {
  /** What `defineFlux` gave. */
  readonly flux: Flux;
}

export interface FluxModuleExtras {
  /** Whether `FluxGuard` guards the whole app. Default: `true`. */
  readonly guard?: boolean | undefined;
  /** Whether every module may inject `FLUX`, and use `FluxGuard`, without importing this one. Default: `true`. */
  readonly isGlobal?: boolean | undefined;
}

/** Makes the options of `forRootAsync({ useClass })`. */
export interface FluxOptionsFactory {
  createFluxOptions(): FluxModuleOptions | Promise<FluxModuleOptions>;
}

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<FluxModuleOptions>({ moduleName: "Flux" })
    .setClassMethodName("forRoot")
    .setFactoryMethodName("createFluxOptions")
    .setExtras<FluxModuleExtras>({ guard: true, isGlobal: true }, (definition, extras) => ({
      ...definition,
      // Only `false` is a no: an option that somebody forgot to set opens nothing.
      global: extras.isGlobal !== false,
      providers: [
        ...(definition.providers ?? []),
        ...(extras.guard === false ? [] : [{ provide: APP_GUARD, useExisting: FluxGuard }]),
      ],
    }))
    .build();

/**
 * Flux for an app of Nest: a guard of the whole app, and the requirements of the decorators, checked at start.
 * `forRoot({ flux })`, or `forRootAsync` with `useFactory`, `useClass` or `useExisting`, which make `{ flux }`;
 * the app does not start (FluxError `config_invalid`) where that is not what `defineFlux` gave.
 */
export class FluxModule extends ConfigurableModuleClass {}

const flux: FactoryProvider = {
  provide: FLUX,
  useFactory: (options: FluxModuleOptions) => checked(options),
  inject: [MODULE_OPTIONS_TOKEN],
};

/**
 * Of the global exception filters the last one comes first. This one is added while providers are made,
 * before those of `APP_FILTER` and of `useGlobalFilters`, and so comes after them all.
 */
const lastFilter: FactoryProvider = {
  provide: Symbol("the filter that comes last"),
  useFactory: (config: ApplicationConfig, filter: DenialFilter) => config.addGlobalFilter(filter),
  inject: [ApplicationConfig, DenialFilter],
};

Module({
  imports: [DiscoveryModule],
  providers: [flux, Requirements, FluxGuard, DenialFilter, lastFilter],
  exports: [FLUX, Requirements, FluxGuard, DenialFilter],
})(FluxModule);

function checked(options: FluxModuleOptions | undefined): Flux {
  const flux = options?.flux;
  checkFlux(flux, "FluxModule", "FluxModule.forRoot({ flux: defineFlux({ … }) })");
  return flux as Flux;
}
