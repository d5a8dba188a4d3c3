import { memoryStore } from "../limits/memory-store.ts";
import type { Charge, Outcome, Receipt, Store, StoreHost } from "../limits/store.ts";

/** A memory store that can be emptied. */
export class TestStore implements Store {
  readonly atomic = true;
  readonly synchronous = true;
  readonly #host: StoreHost;
  #inner = memoryStore();
  /** Which counters an outcome was charged to: what came before they were emptied is not theirs to settle. */
  readonly #chargedTo = new WeakMap<Outcome, Store>();

  constructor(host: StoreHost) {
    this.#host = host;
    this.empty();
  }

  empty(): void {
    this.#inner = memoryStore();
    this.#inner.connect(this.#host);
  }

  charge(owner: string, charges: readonly Charge[], dryRun?: boolean, at?: number): Outcome {
    const outcome = this.#inner.charge(owner, charges, dryRun, at);
    this.#chargedTo.set(outcome, this.#inner);
    return outcome;
  }

  settle(receipt: Receipt, actual: readonly (number | undefined)[]): void {
    const inner = this.#chargedTo.get(receipt.outcome) ?? this.#inner;
    if (inner === this.#inner) this.#inner.settle(receipt, actual);
  }
}
