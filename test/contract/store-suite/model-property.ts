/** Random sequences against the model, which is told the moments that the store decided at. */
import type { Charge, Policy, Receipt } from "@flux/core";
import fc from "fast-check";
import { expect } from "vitest";
import { type Counting, hour, minute, second } from "./counting.ts";
import { type Counter, Model } from "./model.ts";
import type { StoreTarget } from "./target.ts";

interface Made {
  readonly receipt: Receipt;
  readonly counters: readonly Counter[];
  readonly settled: Set<number>;
}

export async function answersLikeTheModel(counting: Counting, target: StoreTarget): Promise<void> {
  const { lacks = {} } = target;
  const can = (ability: keyof typeof lacks) => lacks[ability] === undefined;
  const policies = policiesOf(counting, can("gcra"), can("gcra") && can("conversion"));
  const action = fc.oneof(
    { weight: 6, arbitrary: chargeOf(policies, can("atomic") ? 4 : 1) },
    { weight: 3, arbitrary: settleAction },
    ...(target.clock === "running" ? [] : [{ weight: 2, arbitrary: passAction }]),
  );
  const actions = fc.array(action, { minLength: 5, maxLength: 40, size: "max" });
  let runs = 0;

  await fc.assert(
    fc.asyncProperty(actions, async (actions) => {
      const run = new Run(counting, `run-${runs++}`, !can("gcra"));
      for (const action of actions) {
        if (action.kind === "pass") await counting.pass(action.by);
        else if (action.kind === "charge") await run.charge(action);
        else {
          const made = run.made[action.which % Math.max(1, run.made.length)];
          if (made === undefined) continue;
          const i = action.i % made.receipt.charges.length;
          const charge = made.receipt.charges[i] as Charge;
          if (charge.policy.kind === "rate" && !can("boundRefunds")) continue;
          const units = can("overrun") ? action.units : Math.min(action.units, charge.cost);
          await run.settle(made, i, charge, units);
        }
      }
    }),
    // Of a failure, too, something is told before the test's own time is over.
    { numRuns: target.runs ?? 100, interruptAfterTimeLimit: 60_000 },
  );
}

class Run {
  readonly made: Made[] = [];
  readonly #counting: Counting;
  readonly #name: string;
  readonly #windowed: boolean;
  #model: Model;
  /** The latest moment that the store has told. */
  #latest = 0;

  constructor(counting: Counting, name: string, windowed: boolean) {
    this.#counting = counting;
    this.#name = name;
    this.#windowed = windowed;
    this.#model = new Model(windowed);
  }

  async charge({ owner: name, charges, dryRun }: ChargeAction): Promise<void> {
    const owner = this.#counting.owner(`${name}-${this.#name}`);
    // Whoever changes a plan has the store forget what it remembers of refusals.
    if (charges.some((each) => this.#model.counter(owner, each).policy !== each.policy))
      await this.#counting.store.reset?.(owner);
    const receipt = await this.#counting.call(owner, charges, { dryRun });
    const { at, allowed, marks } = receipt.outcome;
    this.#latest = Math.max(this.#latest, at);
    const verdict = this.#model.charge(
      owner,
      charges,
      dryRun,
      at,
      (i) => marks[2 * i + 1] as number,
    );
    expect(allowed).toBe(verdict.allowed);
    charges.forEach((charge, i) => {
      const told = this.#shown(charge.policy, marks[2 * i], marks[2 * i + 1], at);
      const { value, side } = verdict.counters[i] as Counter;
      const expected = this.#shown(charge.policy, value, side, at);
      const slack = this.#slack(charge.policy);
      for (const [j, number] of expected.entries())
        expect(
          Math.abs((told[j] as number) - number),
          `${told}, not ${expected}`,
        ).toBeLessThanOrEqual(slack[j] as number);
    });
    if (allowed && !dryRun)
      this.made.push({ receipt, counters: verdict.counters, settled: new Set() });
  }

  async settle(made: Made, i: number, charge: Charge, units: number): Promise<void> {
    const { owner, charges } = made.receipt;
    const counter = this.#model.counter(owner, charge);
    // Whose window a look of one that had none was of, is for the store to say.
    if (this.#windowed && charge.cost === 0) return;
    // By which of its variants a counter that may be gone is charged more, the contract leaves open.
    if (counter.policy !== charge.policy && units > charge.cost) return;
    const isRate = charge.policy.kind === "rate" && !this.#windowed;
    const peek = { ...charge, cost: 0, ...(isRate && { policy: counter.policy }) };
    const look = async () => (await this.#counting.call(owner, [peek])).outcome;
    this.#latest = Math.max(this.#latest, (await look()).at);
    await this.#counting.settle(
      made.receipt,
      charges.map((_, j) => (i === j ? units : undefined)),
    );
    const { at, marks } = await look();
    const [early, late] = [this.#latest, at].map((moment) => {
      const model = this.#model.copy();
      if (!made.settled.has(i))
        model.settle(owner, charge, made.counters[i] as Counter, units, moment);
      const verdict = model.charge(owner, [peek], true, at, () => marks[1] as number);
      return { model, value: verdict.counters[0]?.value ?? 0 };
    }) as [Settled, Settled];
    made.settled.add(i);
    this.#latest = Math.max(this.#latest, at);
    const told = marks[0] as number;
    this.#model = told === early.value ? early.model : late.model;
    if (isRate) {
      // It was settled between the two moments: the later, the less there was to give back.
      expect(Math.max(told, at)).toBeGreaterThanOrEqual(Math.max(early.value, at));
      expect(Math.max(told, at)).toBeLessThanOrEqual(Math.max(late.value, at));
      if (early.value !== late.value) this.#model.adopt(owner, charge, Math.max(told, at));
    } else {
      expect([early.value, late.value]).toContain(told);
    }
  }

  /** µs (of a windowed rate units, and µs) that the store may be off. */
  #slack(policy: Policy): readonly number[] {
    if (policy.kind === "quota") return [0, 0];
    // Limiters tell in ms how long a window goes on.
    return this.#windowed ? [0, 50_000] : [0];
  }

  /** A counter's numbers as far as they mean something: a TAT that is over, no more than that it is. */
  #shown(policy: Policy, value = 0, side = 0, at = 0): readonly number[] {
    if (policy.kind === "rate" && !this.#windowed) return [Math.max(value, at)];
    return [value, side];
  }
}

interface Settled {
  readonly model: Model;
  readonly value: number;
}

interface ChargeAction {
  readonly kind: "charge";
  readonly owner: string;
  readonly charges: readonly Charge[];
  readonly dryRun: boolean;
}

function policiesOf(counting: Counting, gcra: boolean, converts: boolean): Policy[] {
  const policies: Policy[] = [
    counting.rate({ quota: 3, window: 10 * minute }, "slow"),
    counting.quota({ per: "hour", quota: 20 }, "calls"),
    counting.quota({ per: "month", quota: 30 }, "tokens"),
    counting.quota({ per: "month", quota: 60 }, "tokens"),
  ];
  if (gcra) {
    policies.push(counting.rate({ quota: 7, window: hour, burst: 10 }));
    policies.push(counting.rate({ quota: 50, window: second, burst: 5 }, "quick"));
  }
  if (converts) policies.push(counting.rate({ quota: 20, window: hour, burst: 15 }));
  return policies;
}

function chargeOf(policies: readonly Policy[], most: number): fc.Arbitrary<ChargeAction> {
  const charge = fc.record({
    policy: fc.constantFrom(...policies),
    partition: fc.constantFrom("", "user-1"),
    cost: fc.oneof(fc.constant(1), fc.integer({ min: 0, max: 12 })),
  });
  return fc.record({
    kind: fc.constant("charge" as const),
    owner: fc.constantFrom("acme", "ip:192.0.2.1"),
    charges: fc.array(charge, { minLength: 1, maxLength: most }).map(ofOnePlan),
    dryRun: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
  });
}

/** A call is made on one plan: it never charges two variants of a policy. */
function ofOnePlan(charges: readonly Charge[]): Charge[] {
  return charges.map((charge) => {
    const first = charges.find(({ policy }) => policy.id === charge.policy.id) as Charge;
    return { ...charge, policy: first.policy };
  });
}

const settleAction = fc.record({
  kind: fc.constant("settle" as const),
  which: fc.nat(),
  i: fc.nat({ max: 3 }),
  units: fc.nat({ max: 15 }),
});

const passAction = fc.record({
  kind: fc.constant("pass" as const),
  by: fc.oneof(
    { weight: 3, arbitrary: fc.double({ min: 0, max: minute, noNaN: true }) },
    { weight: 3, arbitrary: fc.double({ min: 0, max: 20 * minute, noNaN: true }) },
    { weight: 1, arbitrary: fc.constantFrom(hour, 3 * hour, 40 * 24 * hour) },
  ),
});
