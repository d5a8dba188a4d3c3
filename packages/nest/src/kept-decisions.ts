/** Where the decision on what is being handled is kept: for the handler's parameters, and for later guards. */
import { type Decision, FluxError, type RegisteredKeys } from "@flux/core";
import type { ExecutionContext } from "@nestjs/common";
import { type GuardedRequest, rawOf } from "./requests.ts";

/** By what there is only one of for each call of a handler. */
const made = new WeakMap<object, Decision<RegisteredKeys>>();

/** Goes with a message's arguments, which are all that its guards and its parameters share. */
class Decided {
  readonly decision: Decision<RegisteredKeys>;

  constructor(decision: Decision<RegisteredKeys>) {
    this.decision = decision;
  }
}

/** What an earlier guard of this request decided, or a guard of Express or Fastify before it. */
export function earlierOf(request: GuardedRequest): Decision<RegisteredKeys> | undefined {
  return request.flux ?? rawOf(request)?.flux;
}

export function keepDecision(context: ExecutionContext, decision: Decision<RegisteredKeys>): void {
  const type = context.getType<string>();
  const args = context.getArgs();
  made.set(type === "graphql" ? infoOf(args) : args, decision);
  // A message's last argument is its pattern.
  if (type === "ws") args.splice(args.length - 1, 0, new Decided(decision));
}

/** The decision on this very call; `undefined` where no guard has made one. */
export function keptDecision(context: ExecutionContext): Decision<RegisteredKeys> | undefined {
  const type = context.getType<string>();
  const args = context.getArgs<unknown[]>();
  if (type === "http") return earlierOf(context.switchToHttp().getRequest());
  return (
    made.get(type === "graphql" ? infoOf(args) : args) ??
    args.findLast((argument) => argument instanceof Decided)?.decision
  );
}

/** @throws FluxError `config_invalid` where no guard has decided. */
export function decisionOf(context: ExecutionContext): Decision<RegisteredKeys> {
  const decision = keptDecision(context);
  if (decision !== undefined) return decision;
  const place = `${context.getClass().name}.${context.getHandler().name}`;
  throw new FluxError(
    "config_invalid",
    `There is no decision for ${place}: no FluxGuard has run for it. Import FluxModule.forRoot({ flux }), without guard: false.`,
  );
}

/** GraphQL's fourth argument, one object for each field that is resolved. */
const infoOf = (args: readonly unknown[]): object => {
  const info = args[3];
  return typeof info === "object" && info !== null ? info : args;
};
