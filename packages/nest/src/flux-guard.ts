import { type Flux, FluxError, type RegisteredKeys } from "@flux/core";
import { type CanActivate, type ExecutionContext, Inject, Injectable } from "@nestjs/common";
import { guardMessage } from "./messages.ts";
import { guardOperation } from "./operations.ts";
import {
  type GuardedRequest,
  isUpgrade,
  type RequestResponse,
  requestResponseOf,
} from "./requests.ts";
import { Requirements } from "./requirements.ts";
import { guardRoute } from "./routes.ts";
import { FLUX } from "./tokens.ts";

/**
 * Decides on every request that leads to a controller, on every field of GraphQL's root types, and on every
 * message of a gateway. `FluxModule` makes it a guard of the whole app. A class of yours may extend it, to find
 * the request elsewhere: then say `guard: false`, and provide yours as `APP_GUARD`.
 *
 * What is denied throws a `DenialException`, in a gateway a `WsException`. Where there is no request, as in a
 * microservice, it throws a FluxError `facts_invalid`: nothing passes undecided.
 */
export class FluxGuard implements CanActivate {
  /** The app's Flux. */
  protected readonly flux!: Flux<RegisteredKeys>;
  private readonly requirements!: Requirements;

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { flux } = this;
    if (flux === undefined)
      throw new FluxError(
        "config_invalid",
        "A FluxGuard was made with `new`: write @UseGuards(FluxGuard), so that Nest gives it its Flux.",
      );
    const asked = this.requirements.of(context.getClass(), context.getHandler());
    const { request, response } = this.getRequestResponse(context);
    const call = { flux, asked, context, request: request as GuardedRequest, response };
    const type = context.getType<string>();
    if (type === "http") return guardRoute(call);
    if (type === "graphql" && !isUpgrade(call.request)) await guardOperation(call);
    else await guardMessage(call);
    return true;
  }

  /**
   * Where the request and the response are. Where the context is neither HTTP nor GraphQL over HTTP, each call
   * is decided on its own: by the credentials of the request, and by what the decorators ask for.
   * @throws FluxError `facts_invalid` where there is no request
   */
  protected getRequestResponse(context: ExecutionContext): RequestResponse {
    return requestResponseOf(context);
  }
}

Injectable()(FluxGuard);
Inject(FLUX)(FluxGuard.prototype, "flux");
Inject(Requirements)(FluxGuard.prototype, "requirements");
