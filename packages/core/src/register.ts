import type { Keys } from "./config/requirement-types.ts";
import type { Flux } from "./engine/flux.ts";

/**
 * The app's own Flux, so that the decision that a framework's request carries is typed by its keys:
 *
 * ```ts
 * declare module "@flux/core" {
 *   interface Register {
 *     flux: typeof flux;
 *   }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: an app fills it in, by declaration merging.
export interface Register {}

/** The keys of the registered Flux; any names where none is registered. */
export type RegisteredKeys = Register extends { flux: Flux<infer K> } ? K : Keys;
