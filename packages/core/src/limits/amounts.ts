import { FluxError } from "../errors.ts";
import type { Charge } from "./store.ts";

/** Whether a number is one of units: a non-negative safe integer. */
export function isAmount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** @throws FluxError `cost_invalid` where a cost is no amount. */
export function checkCosts(charges: readonly Charge[]): void {
  for (const charge of charges) if (!isAmount(charge.cost)) throw invalidCost(charge);
}

/**
 * Every store asks this first of a settlement, also of one that it then ignores.
 * @throws FluxError `settle_invalid` where what was used is no amount.
 */
export function checkActual(actual: readonly (number | undefined)[]): void {
  for (const units of actual) {
    if (units === undefined || isAmount(units)) continue;
    throw new FluxError(
      "settle_invalid",
      `what was used must be a non-negative safe integer, got ${units}`,
    );
  }
}

/** What is thrown for a cost that is no amount. */
export function invalidCost({ policy, cost }: Charge): FluxError {
  return new FluxError(
    "cost_invalid",
    `the cost of ${policy.id} must be a non-negative safe integer, got ${cost}`,
  );
}
