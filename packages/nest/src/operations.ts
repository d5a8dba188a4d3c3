/** An operation of GraphQL: one request, and many handlers at the same time. */
import type { Decision, RegisteredKeys } from "@flux/core";
import { denialOf } from "./denial-exception.ts";
import { type GuardedCall, keep } from "./guarded-call.ts";
import { earlierOf, keepDecision } from "./kept-decisions.ts";
import { rawOf, routeFacts } from "./requests.ts";
import type { HandlerRequirement } from "./requirements.ts";

/** @throws DenialException */
export async function guardOperation(call: GuardedCall): Promise<void> {
  const { flux, asked, context, request } = call;
  // Other fields may have been resolved by now: a denial of this one must not give back what they cost.
  const facts = routeFacts(request, true);
  const decision = await operationOf(rawOf(request) ?? request).decide(asked, async () => {
    const made = await flux.decide(facts, asked.requirement, earlierOf(request));
    if (made.allowed) keep(call, made);
    return made;
  });
  if (!decision.allowed) throw await denialOf(flux, decision, facts);
  keepDecision(context, decision);
}

/**
 * Decides for one handler after another: so each sees what was charged before it. What several of them ask
 * for alike, such as one field under many aliases, is decided once.
 */
class Operation {
  readonly #made = new Map<HandlerRequirement, Promise<Decision<RegisteredKeys>>>();
  #last: Promise<unknown> = Promise.resolve();

  decide(
    asked: HandlerRequirement,
    make: () => Promise<Decision<RegisteredKeys>>,
  ): Promise<Decision<RegisteredKeys>> {
    let decision = this.#made.get(asked);
    if (decision === undefined) {
      // What went wrong with one handler is not the next one's concern.
      decision = this.#last.catch(() => undefined).then(make);
      this.#made.set(asked, decision);
      this.#last = decision;
    }
    return decision;
  }
}

const operations = new WeakMap<object, Operation>();

function operationOf(request: object): Operation {
  let operation = operations.get(request);
  if (operation === undefined) {
    operation = new Operation();
    operations.set(request, operation);
  }
  return operation;
}
