import { FluxError } from "../errors.ts";
import { checkActual, checkCosts } from "../limits/amounts.ts";
import { boundedSum } from "../limits/arithmetic.ts";
import { toMicroseconds, unconnected } from "../limits/host-clock.ts";
import type { Policy, RatePolicy } from "../limits/policy.ts";
import type { Charge, Outcome, Receipt, Store, StoreHost } from "../limits/store.ts";
import { type Duration, parseDuration } from "../support/duration.ts";
import { show } from "../support/show.ts";
import { Counters } from "./counters.ts";
import { keyOf } from "./keys.ts";
import type { MakeLimiter } from "./limiter.ts";
import { Patience } from "./patience.ts";
import { WindowOutcome } from "./window-outcome.ts";

export interface FlexibleStoreOptions {
  /**
   * How long a request waits for the limiter, 1 ms to 1 minute; default: `"1s"`. After that, the limits'
   * `onError` decides.
   */
  readonly timeout?: Duration;
  /**
   * How many processes count in the same place, this one included: an integer of at least 1; default: 1.
   * While the limiter cannot be reached, each admits its share by `onError: "local"`.
   */
  readonly processes?: number;
}

/** A store in whatever rate-limiter-flexible keeps counters in. */
export interface FlexibleStore extends Store {
  readonly atomic: false;
  readonly processes: number;
  refuses(policy: Policy): string | undefined;
  connect(host: StoreHost): void;
  charge(
    owner: string,
    charges: readonly Charge[],
    dryRun?: boolean,
    at?: number,
  ): Promise<Outcome>;
  settle(receipt: Receipt, actual: readonly (number | undefined)[]): Promise<void>;
}

/**
 * Counts limits with limiters of rate-limiter-flexible 11, in fixed windows that begin with the first
 * request: `n` units a window may be `2n` across an edge. It counts no metered features, charges one limit a
 * request, and never closes a client: that is its owner's.
 * @param make makes a limiter of the options that it is given; called at start, for each limit and plan.
 * @throws FluxError `config_invalid` where an option is out of range.
 */
export function flexibleStore(
  make: MakeLimiter,
  { timeout = 1_000, processes = 1 }: FlexibleStoreOptions = {},
): FlexibleStore {
  if (typeof make !== "function")
    throw invalid(`expected a function that makes a limiter, got ${show(make)}`);
  const patience = parseDuration(timeout);
  if (patience === undefined || patience < 1 || patience > 60_000)
    throw invalid(`timeout must be from 1 ms to 1 minute, got ${show(timeout)}`);
  if (!Number.isSafeInteger(processes) || processes < 1)
    throw invalid(`processes must be an integer of at least 1, got ${show(processes)}`);
  return new LimiterStore(make, patience, processes);
}

class LimiterStore implements FlexibleStore {
  readonly atomic = false;
  readonly processes: number;
  readonly #patience: Patience;
  readonly #counters: Counters;
  #host: StoreHost = unconnected("flexibleStore");

  constructor(make: MakeLimiter, timeout: number, processes: number) {
    this.processes = processes;
    this.#patience = new Patience(timeout);
    this.#counters = new Counters(make, this.#patience);
  }

  refuses(policy: Policy): string | undefined {
    const found = this.#counters.of(policy);
    return typeof found === "string" ? found : undefined;
  }

  connect(host: StoreHost): void {
    this.#host = host;
  }

  /**
   * @throws FluxError `store_unavailable` where the limiter fails or takes too long; `cost_invalid` for a
   *   cost that is no non-negative safe integer; `config_invalid` for a clock that does not give ms since
   *   the epoch, for several charges at once, and for a policy that `refuses` gives a reason against.
   *   Nothing is charged then.
   */
  async charge(
    owner: string,
    charges: readonly Charge[],
    dryRun = false,
    at?: number,
  ): Promise<Outcome> {
    const [charge] = charges;
    if (charge === undefined) return new WindowOutcome(true, this.#now(at), [], undefined);
    checkCosts(charges);
    // A clock that is none is found out before anything is charged.
    this.#now(at);
    if (charges.length > 1) throw severalCharges(charges);
    const { policy, partition, cost } = charge;
    const counter = this.#counterOf(policy);
    const { quota, window } = policy as RatePolicy;
    const key = keyOf(owner, partition);
    const deadline = this.#patience.deadline();

    if (dryRun || cost === 0 || cost > quota) {
      const found = await counter.look(key, deadline);
      const used = Math.max(0, found?.used ?? 0);
      const allowed = cost === 0 || cost <= quota - used;
      const now = this.#now(at);
      // A window that does not run yet would begin with the charge.
      const left = found === undefined ? (allowed && cost > 0 ? window : 0) : found.left * 1_000;
      const marks = [allowed ? used + cost : used, endOf(now, left)];
      return new WindowOutcome(
        allowed,
        now,
        marks,
        dryRun || !allowed ? undefined : { counter, key, windowEnd: found?.latestEnd ?? 0 },
      );
    }
    const { refused, used, left, latestEnd } = await counter.charge(key, cost, deadline);
    const now = this.#now(at);
    const marks = [Math.max(used, refused ? 0 : cost), endOf(now, left * 1_000)];
    const charged = refused ? undefined : { counter, key, windowEnd: latestEnd };
    return new WindowOutcome(!refused, now, marks, charged);
  }

  /** @throws FluxError `store_unavailable` as `charge` does; `settle_invalid` for what is no amount. */
  async settle(receipt: Receipt, actual: readonly (number | undefined)[]): Promise<void> {
    checkActual(actual);
    const [units] = actual;
    const [charge] = receipt.charges;
    const { outcome } = receipt;
    // What another process has charged it can settle alone: only it knows in which window that was.
    if (!(outcome instanceof WindowOutcome) || charge === undefined || units === undefined) return;
    const charged = outcome.settle();
    if (charged === undefined || units === charge.cost) return;
    const { counter, key, windowEnd } = charged;
    if (units > charge.cost) await counter.overrun(key, units - charge.cost);
    else await counter.giveBack(key, charge.cost - units, windowEnd);
  }

  #counterOf(policy: Policy) {
    const found = this.#counters.of(policy);
    if (typeof found === "string") throw invalid(`${policy.id} cannot be counted by it: ${found}`);
    return found;
  }

  /** µs. Not before the decision, which may have read another clock. */
  #now(at: number | undefined): number {
    const now = toMicroseconds(this.#host.now());
    return at === undefined ? now : Math.max(toMicroseconds(at), now);
  }
}

const endOf = (now: number, microseconds: number) => boundedSum(now, Math.ceil(microseconds));

function invalid(problem: string): FluxError {
  return new FluxError("config_invalid", `flexibleStore: ${problem}`);
}

function severalCharges(charges: readonly Charge[]): FluxError {
  const names = charges.map(({ policy }) => policy.id).join(" and ");
  return invalid(
    `asked to charge ${names} at once, all or none, which limiters cannot: let each request charge one limit, its route and its guards together, or use another store`,
  );
}
