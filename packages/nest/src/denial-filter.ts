import { sendDenial } from "@flux/core/node";
import { type ArgumentsHost, Catch, Injectable } from "@nestjs/common";
import { BaseExceptionFilter } from "@nestjs/core";
import { throwError } from "rxjs";
import { DenialException } from "./denial-exception.ts";
import { answerOf } from "./responses.ts";

/**
 * Answers a denied request as every adapter of Flux does. It comes after all exception filters of the app: one
 * of them that catches everything takes denials over, too, and may leave them to this one, which can be injected.
 */
export class DenialFilter extends BaseExceptionFilter<DenialException> {
  /** @returns a promise that does not reject: where the answer cannot be sent, Nest sends a 500. */
  override catch(exception: DenialException, host: ArgumentsHost): unknown {
    const type = host.getType<string>();
    if (type === "rpc") return throwError(() => exception.getResponse());
    // GraphQL's server makes an error of it.
    if (type !== "http") throw exception;
    const response = answerOf(host.switchToHttp().getResponse());
    return sendDenial(response, exception.answer).catch((error) => super.catch(error, host));
  }
}

Injectable()(DenialFilter);
Catch(DenialException)(DenialFilter);
