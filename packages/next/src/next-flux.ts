import type { Decision, Flux, Keys, Requirement } from "@flux/core";
import { FluxError } from "@flux/core";
import { checkFlux } from "@flux/core/web";
import type { NextRequest } from "next/server.js";
import { currentOf } from "./current.ts";
import { guardOf } from "./guard.ts";
import type { Guard } from "./guard-type.ts";
import { HandOver } from "./hand-over.ts";
import { proxyOf } from "./proxy.ts";
import { running } from "./running.ts";

export interface NextFluxOptions {
  /**
   * The secret of the receipts that tell a guard in another process, or on another runtime, what the proxy
   * has charged: at least 32 bytes, the same wherever the app runs. Needed with `middleware.ts` on the edge;
   * without it such a guard charges again, and warns.
   */
  readonly receiptSecret?: string | undefined;
}

/** Flux in a Next app. Next reads exports statically: write `export const proxy = app.proxy`. */
export interface NextFlux<K extends Keys> {
  /**
   * The default export, or `proxy`, of `proxy.ts`; `middleware` of `middleware.ts`. Decides by the config's
   * routes; a denied request is answered here. Whatever follows sees none of the client's `x-flux-*` headers.
   */
  proxy(request: NextRequest): Promise<Response>;
  /** Guards a route handler or a server action. */
  readonly guard: Guard<K>;
  /**
   * Who is asking, in a server component: decided here from the request's headers, once per render where no
   * requirement is given. Charges nothing. Inside a guarded handler or action, without a requirement: its guard's decision.
   * @param requirement default: `{ auth: "optional" }`, which strangers meet too
   * @throws FluxError `requirement_invalid`
   */
  current(requirement?: Requirement<K>): Promise<Decision<K>>;
}

/**
 * Flux for Next.js (16.x).
 * @throws FluxError `config_invalid`: no Flux, a secret that is too short, or limits by ip without `clientIp`
 */
export function nextFlux<K extends Keys>(
  flux: Flux<K>,
  options: NextFluxOptions = {},
): NextFlux<K> {
  checkFlux(flux, "nextFlux");
  if (flux.readsAddress)
    throw new FluxError(
      "config_invalid",
      "The config counts clients by address (a limit by ip, or auth.failures), and Next does not tell the address. Say in the config where it is: clientIp: { trustedHops: 1 } behind one proxy, or a function of the facts.",
    );
  const handOver = new HandOver(flux, options.receiptSecret);
  const around = running();
  return {
    proxy: proxyOf(flux, handOver),
    guard: guardOf(flux, handOver, around),
    current: currentOf(flux, around),
  };
}
