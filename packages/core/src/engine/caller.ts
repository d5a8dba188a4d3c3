/** A caller that the app's own code names: a job, a queue's worker, an agent's tool. There is no request. */
import { namedKinds, namedPrincipal } from "../auth/named-principal.ts";
import type { NamedCaller } from "../config/auth-types.ts";
import type { Principal } from "../decision/principal.ts";
import { FluxError } from "../errors.ts";
import type { Facts } from "../facts/facts.ts";
import type { Engine } from "./engine.ts";
import type { CompiledRequirement } from "./requirement.ts";

export const factsOfCaller: Facts = Object.freeze({
  method: "",
  url: "",
  headers: Object.freeze({}),
  detached: true,
});

/** @throws FluxError `caller_invalid` */
export function principalOf(caller: NamedCaller, { tenants }: Engine): Principal {
  let principal: Principal;
  try {
    principal = namedPrincipal(caller, namedKinds.internal);
  } catch (error) {
    throw new FluxError("caller_invalid", (error as TypeError).message, { cause: error });
  }
  if (principal.tenant !== undefined && tenants === undefined)
    throw new FluxError(
      "caller_invalid",
      `flux.as was given the tenant ${JSON.stringify(principal.tenant)}, and the config has no \`tenant\`.`,
    );
  return principal;
}

/** @throws FluxError `requirement_invalid`: nobody's address is not an address to count by. */
export function checkShield({ shield }: CompiledRequirement): void {
  const [use] = shield;
  if (use !== undefined)
    throw new FluxError(
      "requirement_invalid",
      `The limit ${use.limit.name} counts by ip, and a caller named by flux.as has no address. Count by "tenant" or "principal" here.`,
    );
}
