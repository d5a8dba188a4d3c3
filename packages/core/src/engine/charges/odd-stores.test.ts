/** Stores of an app's own whose answers are sound, and have more or less about them than Flux's own. */
import { describe, expect, test } from "vitest";
import { defineFlux } from "../../define-flux.ts";
import type { Charge, Outcome, Store } from "../../limits/store.ts";

const at = Date.UTC(2026, 10, 23) * 1_000;

function fluxOver(answer: (charges: readonly Charge[]) => Outcome, later: boolean) {
  const store: Store = {
    atomic: true,
    charge: (_owner, charges) => (later ? Promise.resolve(answer(charges)) : answer(charges)),
    settle: () => undefined,
  };
  return defineFlux({
    auth: { custom: () => ({ subject: "ann" }) },
    features: { tokens: { kind: "metered", per: "day" } },
    plans: { only: { features: { tokens: 5 } } },
    defaultPlan: "only",
    store,
    now: () => at / 1_000,
  });
}

const facts = { method: "POST", url: "/", headers: {} };
const marksOf = (charges: readonly Charge[], used: number) => charges.flatMap(() => [used, at]);

class Answer implements Outcome {
  readonly marks: readonly number[];
  constructor(marks: readonly number[]) {
    this.marks = marks;
  }
  get allowed(): boolean {
    return true;
  }
  get at(): number {
    return at;
  }
}

test("a store cannot change what it is asked to charge: others are charged the same list", async () => {
  const flux = fluxOver((charges) => {
    (charges as Charge[]).length = 0;
    return { allowed: true, at, marks: [] };
  }, false);
  const decision = await flux.decide(facts, flux.prepare({ use: { tokens: 1 } }));
  expect(decision).toMatchObject({ code: "unavailable", degraded: ["store"] });
});

describe.each([
  ["at once", false],
  ["later", true],
])("a store that answers %s", (_when, later) => {
  test.each([
    ["with a field of its own", (marks: number[]) => ({ allowed: true, at, marks, outcome: "ok" })],
    ["by an instance of its own class", (marks: number[]) => new Answer(marks)],
  ])("%s", async (_how, answer) => {
    const flux = fluxOver((charges) => answer(marksOf(charges, 3)), later);
    const decision = await flux.decide(facts, { use: { tokens: 3 } });
    expect(decision.allowed).toBe(true);
    expect(decision.feature("tokens")).toMatchObject({ used: 3, remaining: 2 });
    await decision.settle({ tokens: 1 });
    expect(decision.feature("tokens")).toMatchObject({ used: 1, remaining: 4 });
    const peeked = await flux.peek(facts, { use: { tokens: 2 } });
    expect(peeked.allowed).toBe(true);
  });

  test("with less used than was just charged: nothing is used after a refund, and no less", async () => {
    const flux = fluxOver((charges) => ({ allowed: true, at, marks: marksOf(charges, 1) }), later);
    const decision = await flux.decide(facts, { use: { tokens: 3 } });
    await decision.refund();
    expect(decision.feature("tokens")).toMatchObject({ used: 0, remaining: 5 });
  });
});
