import type { CustomPrincipal } from "../config/auth-types.ts";
import type { Principal } from "../decision/principal.ts";
import { type Facts, header } from "../facts/facts.ts";
import { isPromise } from "../support/is-promise.ts";
import { showWithoutText } from "../support/show.ts";
import { within } from "../support/within.ts";
import type { AuthConfig, AuthHost } from "./auth-config.ts";
import type { AuthFailure } from "./auth-failure.ts";
import type { IdentityWalk } from "./credential.ts";
import { namedKinds, namedPrincipal } from "./named-principal.ts";
import { patience } from "./patience.ts";
import * as refusals from "./refusals.ts";

type Verdict = Principal | AuthFailure | undefined;

/** Sessions of one's own: asks `auth.custom`, and believes it as far as it makes sense. Never throws. */
export class CustomSessions {
  readonly #custom: NonNullable<AuthConfig["custom"]>;
  readonly #host: AuthHost;

  constructor(custom: NonNullable<AuthConfig["custom"]>, host: AuthHost) {
    this.#custom = custom;
    this.#host = host;
  }

  /** `undefined`: no credential. */
  recall(walk: IdentityWalk): Verdict | Promise<Verdict> {
    try {
      const given = this.#custom(walk.facts);
      if (!isPromise(given)) return accept(given, walk);
      return within(given, patience, "auth.custom")
        .then((late) => accept(late, walk))
        .catch((error) => this.#failed(error));
    } catch (error) {
      return this.#failed(error);
    }
  }

  #failed(error: unknown): AuthFailure {
    this.#host.onEvent({ source: "custom", message: "auth.custom failed", error });
    return refusals.customUnavailable;
  }
}

/** @throws where it is no principal. */
function accept(given: CustomPrincipal | null | undefined, walk: IdentityWalk): Verdict {
  if (given === null || given === undefined) return undefined;
  const principal = namedPrincipal(given, namedKinds.custom);
  const { cookie } = given;
  if (cookie !== undefined && typeof cookie !== "boolean")
    throw new TypeError(
      `what auth.custom gave is no principal: its cookie is ${showWithoutText(cookie)}, and neither true nor false.`,
    );
  walk.viaCookie = cookie ?? isAmbient(walk.facts);
  return principal;
}

/** Whether a browser may have sent the credential by itself: a cookie, or what it was once asked to sign in with. */
export function isAmbient(facts: Facts): boolean {
  if (header(facts, "cookie") !== undefined) return true;
  const authorization = header(facts, "authorization");
  return typeof authorization === "string" && browserScheme.test(authorization);
}

/** Schemes that browsers repeat (RFC 9110 §11.6.2). */
const browserScheme = /^(?:basic|digest|negotiate|ntlm)\b/i;
