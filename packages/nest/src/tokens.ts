/**
 * The token by which a class has the app's Flux injected: `@Inject(FLUX) flux: Flux<RegisteredKeys>`. A test
 * may override it: `overrideProvider(FLUX).useValue(testFlux(config))`.
 */
export const FLUX: unique symbol = Symbol.for("@flux/nest:flux");
