/**
 * One request on its way through the rooms: what each stage has found out so far. All fields exist from
 * the start, so that every walk has one shape; what nobody asks for is never built.
 */
import type { RememberedCredential } from "../../auth/credential.ts";
import type { OnError } from "../../config/config-types.ts";
import type { Denial } from "../../decision/decision.ts";
import type { Principal } from "../../decision/principal.ts";
import type { Facts } from "../../facts/facts.ts";
import type { EvaluationContext } from "../../flags/types.ts";
import type { Charge, Outcome, Receipt } from "../../limits/store.ts";
import type { Account } from "../account.ts";
import type { Engine } from "../engine.ts";
import type { CompiledRequirement } from "../requirement.ts";

const none: readonly never[] = Object.freeze([]);
export const noCharges: readonly Charge[] = none;

/** What a request's stages and checks cost. */
class Timing {
  /** `performance.now()`, ms. */
  readonly startedAt = performance.now();
  #lapAt = this.startedAt;
  /** µs, by what an explanation calls each; only with `explain: true`. */
  readonly costs: Map<string, number> | undefined;

  constructor(explains: boolean) {
    this.costs = explains ? new Map() : undefined;
  }

  /** Ends a stage or a check: what passed since the last one's end is its cost. */
  lap(name: string): void {
    if (this.costs === undefined) return;
    const now = performance.now();
    this.costs.set(name, (now - this.#lapAt) * 1_000);
    this.#lapAt = now;
  }

  /** Ends the one call of the store; its cost is told with the first of its charges. */
  lapCharge(charges: readonly Charge[]): void {
    const policy = charges[0]?.policy;
    if (policy !== undefined)
      this.lap(`${policy.kind === "quota" ? "quota" : "limit"} ${policy.name}`);
  }
}

export class Walk {
  readonly engine: Engine;
  readonly facts: Facts;
  /** The decision of an earlier guard of the same request, whose identity and charges are reused. */
  previous: Walk | undefined;
  /** Epoch milliseconds; read anew after whatever had to be awaited. */
  now: number;
  /** The time at which flags are read, where it is no longer `now`. */
  flagsFrom: number | undefined = undefined;
  /** How long everything takes; only where somebody wants to know. */
  readonly timing: Timing | undefined = undefined;
  requirement: CompiledRequirement;
  denials: readonly Denial[] = none;

  /** Whether the identity stage has been passed, so that a further guard need not pass it again. */
  identified = false;
  principal: Principal | undefined = undefined;
  viaCookie = false;
  /** The credential, where it was known before it came. */
  known: RememberedCredential | undefined = undefined;
  account: Account | undefined = undefined;
  flagContext: EvaluationContext | undefined = undefined;

  /** What was charged by address; few requests are. */
  shielded: Receipt | undefined = undefined;
  /** What was charged to the account. */
  owner = "";
  charges: readonly Charge[] = noCharges;
  outcome: Outcome | undefined = undefined;

  /** What each policy's `onError` said where the store could not be asked; by the policy's id. */
  withoutStore: ReadonlyMap<string, OnError> | undefined = undefined;

  /** Whether it only looks: what it asks of the counters is held against them, and not taken. */
  peeks = false;
  /** What is said to have been charged for this request elsewhere; believed of its own owner alone. */
  claims: readonly Receipt[] | undefined = undefined;
  /** What was answered without its source of truth. */
  sources: readonly string[] = none;

  constructor(engine: Engine, facts: Facts, previous?: Walk) {
    this.engine = engine;
    this.facts = facts;
    this.previous = previous;
    this.requirement = engine.open;
    this.now = engine.now();
    if (engine.timed) this.timing = new Timing(engine.explainsCosts);
    if (previous !== undefined) goOnFrom(this, previous);
  }

  deny(denial: Denial): void {
    if (this.denials === none) this.denials = [denial];
    else (this.denials as Denial[]).push(denial);
  }

  /** All flags of one request, and of all its guards, are read at the same time: at its start. */
  get flagsAt(): number {
    return this.flagsFrom ?? this.now;
  }

  /** Takes what was charged to this owner elsewhere for the charges of an earlier guard. */
  adopt(owner: string, byAddress: boolean): void {
    for (const claim of this.claims ?? []) {
      if (claim.owner !== owner) continue;
      const earlier = new Walk(this.engine, this.facts, this.previous);
      if (byAddress) earlier.shielded = claim;
      else {
        earlier.owner = owner;
        earlier.charges = claim.charges;
        earlier.outcome = claim.outcome;
      }
      this.previous = earlier;
    }
  }

  /**
   * Whether what earlier guards charged stands: a denial gives it back, but where it is that of one part of
   * a request, or of somebody who only looks.
   */
  get keepsEarlier(): boolean {
    return this.denials.length === 0 || this.peeks || this.facts.partial === true;
  }

  /** Goes on after something was awaited: time has passed. */
  resume(): void {
    this.flagsFrom ??= this.now;
    this.now = this.engine.now();
  }

  /** Notes that a source's answer was not its latest word. */
  degrade(source: string): void {
    if (!this.sources.includes(source)) this.sources = [...this.sources, source];
  }
}

/** What an earlier guard of the same request has found out. */
function goOnFrom(walk: Walk, previous: Walk): void {
  walk.flagsFrom = previous.flagsAt;
  walk.identified = previous.identified;
  walk.principal = previous.principal;
  walk.viaCookie = previous.viaCookie;
  walk.account = previous.account;
  // Flags that were read before anyone was known were read for a stranger.
  if (previous.identified) walk.flagContext = previous.flagContext;
  walk.sources = previous.sources;
}
