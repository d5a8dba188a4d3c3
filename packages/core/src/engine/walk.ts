/**
 * One request on its way through the rooms: what each stage has found out so far. All fields exist from
 * the start, so that every walk has one shape; what nobody asks for is never built.
 */
import type { DecidedPrincipal, Denial } from "../decision/decision.ts";
import type { Facts } from "../facts/facts.ts";
import type { EvaluationContext } from "../flags/types.ts";
import type { Charge, Outcome } from "../limits/store.ts";
import type { Account } from "./account.ts";
import type { Engine } from "./engine.ts";
import type { CompiledRequirement } from "./requirement.ts";

export const noDenials: readonly Denial[] = Object.freeze([]);
export const noCharges: readonly Charge[] = Object.freeze([]);
export const noSources: readonly string[] = Object.freeze([]);

export class Walk {
  readonly engine: Engine;
  readonly facts: Facts;
  /** The decision of an earlier guard of the same request, whose identity and charges are reused. */
  readonly previous: Walk | undefined;
  /** Epoch milliseconds; read anew after whatever had to be awaited. */
  now: number;
  /** The time at which all flags of this request are read. */
  readonly flagsAt: number;
  /** `performance.now()` at the start where somebody wants to know how long it took, else 0. */
  readonly startedAt: number;
  requirement: CompiledRequirement;
  denials: readonly Denial[] = noDenials;

  /** Whether the identity stage has been passed, so that a further guard need not pass it again. */
  identified = false;
  principal: DecidedPrincipal | undefined = undefined;
  viaCookie = false;
  account: Account | undefined = undefined;
  flagContext: EvaluationContext | undefined = undefined;

  /** What was charged by address. */
  shieldOwner = "";
  shieldCharges: readonly Charge[] = noCharges;
  shieldOutcome: Outcome | undefined = undefined;
  /** What was charged to the account. */
  owner = "";
  charges: readonly Charge[] = noCharges;
  outcome: Outcome | undefined = undefined;

  /** What was answered without its source of truth. */
  sources: readonly string[] = noSources;
  /** Microseconds by what an explanation calls each stage and check; only with `explain: true`. */
  costs: Map<string, number> | undefined = undefined;
  /** `performance.now()` at the end of the stage that was timed last. */
  lapAt = 0;

  constructor(engine: Engine, facts: Facts, previous: Walk | undefined) {
    this.engine = engine;
    this.facts = facts;
    this.previous = previous;
    this.requirement = engine.open;
    this.now = engine.now();
    this.flagsAt = previous === undefined ? this.now : previous.flagsAt;
    this.startedAt = engine.timed ? performance.now() : 0;
    if (previous !== undefined) {
      this.identified = previous.identified;
      this.principal = previous.principal;
      this.viaCookie = previous.viaCookie;
      this.account = previous.account;
      // Flags that were read before anyone was known were read for a stranger.
      if (previous.identified) this.flagContext = previous.flagContext;
      this.sources = previous.sources;
    }
  }

  deny(denial: Denial): void {
    if (this.denials === noDenials) this.denials = [denial];
    else (this.denials as Denial[]).push(denial);
  }

  /** Ends a stage: what passed since the last one's end is its cost. */
  lap(stage: string): void {
    if (!this.engine.explainsCosts) return;
    const now = performance.now();
    this.costs ??= new Map();
    this.costs.set(stage, (now - (this.lapAt || this.startedAt)) * 1_000);
    this.lapAt = now;
  }

  /** Ends the one call of the store; its cost is told with the first of its charges. */
  lapCharge([first]: readonly Charge[]): void {
    if (!this.engine.explainsCosts || first === undefined) return;
    this.lap(`${first.policy.kind === "quota" ? "quota" : "limit"} ${first.policy.name}`);
  }

  /** Notes that a source's answer was not its latest word. */
  degrade(source: string): void {
    if (!this.sources.includes(source)) this.sources = [...this.sources, source];
  }
}
