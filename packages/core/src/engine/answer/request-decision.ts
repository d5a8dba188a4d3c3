/** A walked request as its caller sees it: everything here is computed when somebody reads it. */
import type { Keys, ResponseOutcome } from "../../config/requirement-types.ts";
import { type DenialCode, denialCodes } from "../../decision/codes.ts";
import type {
  DecidedTenant,
  Decision,
  Denial,
  Explanation,
  FeatureState,
  FlagEvaluation,
  LimitState,
  Remedy,
} from "../../decision/decision.ts";
import type { Principal } from "../../decision/principal.ts";
import { responseHeaders } from "../../http/response-headers.ts";
import { giveBack, settle } from "../charges/settling.ts";
import { evaluateFlag } from "../checks/flag-context.ts";
import type { Walk } from "../walk/walk.ts";
import { explain } from "./explain.ts";
import { featureState } from "./feature-state.ts";
import { limitStates } from "./limit-states.ts";
import { rateLimitFields } from "./rate-limit-fields.ts";
import { remedyOf } from "./remedy.ts";

export class RequestDecision implements Decision<Keys> {
  /** Private, so that nothing that copies or prints a decision takes the request's credentials along. */
  readonly #walk: Walk;
  #headers: Readonly<Record<string, string>> | undefined = undefined;
  #limits: readonly LimitState[] | undefined = undefined;
  #remedy: Remedy | undefined = undefined;
  #concluded = false;

  constructor(walk: Walk) {
    this.#walk = walk;
  }

  /** The walk behind a decision of this library; `undefined` for anything else. */
  static walkOf(decision: unknown): Walk | undefined {
    return typeof decision === "object" && decision !== null && #walk in decision
      ? decision.#walk
      : undefined;
  }

  get allowed(): boolean {
    return this.#walk.denials.length === 0;
  }

  get status(): number {
    const first = this.#walk.denials[0];
    return first === undefined ? 200 : denialCodes[first.code].status;
  }

  get code(): DenialCode | "allowed" {
    return this.#walk.denials[0]?.code ?? "allowed";
  }

  get denials(): readonly Denial[] {
    return this.#walk.denials;
  }

  get remedy(): Remedy | undefined {
    if (!this.allowed) this.#remedy ??= remedyOf(this.#walk);
    return this.#remedy;
  }

  get principal(): Principal | undefined {
    return this.#walk.principal;
  }

  get tenant(): DecidedTenant | undefined {
    const { account } = this.#walk;
    if (account?.isTenant !== true) return undefined;
    return { id: account.id, plan: account.plan?.name };
  }

  get routes(): readonly string[] {
    return this.#walk.requirement.routes;
  }

  get degraded(): readonly string[] {
    return this.#walk.sources;
  }

  get limits(): readonly LimitState[] {
    this.#limits ??= limitStates(this.#walk);
    return this.#limits;
  }

  get headers(): Readonly<Record<string, string>> {
    const walk = this.#walk;
    this.#headers ??= responseHeaders({
      denials: walk.denials,
      rateLimit: rateLimitFields(walk),
      now: walk.now,
      realm: walk.engine.realm,
    });
    return this.#headers;
  }

  flag(key: string): unknown {
    return this.flagDetails(key).value;
  }

  flagDetails(key: string): FlagEvaluation {
    const flag = this.#walk.engine.flags.get(key);
    return flag === undefined
      ? { value: undefined, reason: "ERROR", errorCode: "FLAG_NOT_FOUND" }
      : evaluateFlag(flag, this.#walk);
  }

  feature(key: string): FeatureState {
    return featureState(this.#walk, key);
  }

  settle(actual: { readonly [feature: string]: number | undefined }): void | Promise<void> {
    return settle(this.#walk, actual);
  }

  refund(): void | Promise<void> {
    if (!this.#walk.peeks) return giveBack(this.#walk, { shield: true });
  }

  get awaitsOutcome(): boolean {
    return this.allowed && !this.#walk.peeks && this.#walk.requirement.refundOn.length > 0;
  }

  conclude(outcome: ResponseOutcome): void | Promise<void> {
    if (this.#concluded || !this.awaitsOutcome) return;
    this.#concluded = true;
    // The response is over: nobody is left to hear of an error but whoever runs the service.
    const failed = (error: unknown) =>
      this.#walk.engine.report("refundOn", "The charges could not be given back", error);
    try {
      if (this.#walk.requirement.refundOn.some((refunds) => refunds(outcome) === true))
        return this.refund()?.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  explain(): Explanation {
    return explain(this.#walk);
  }

  /** What a log shows of a decision: its outcome, and nothing of the request's credentials. */
  toJSON(): Record<string, unknown> {
    return {
      allowed: this.allowed,
      status: this.status,
      code: this.code,
      denials: this.denials,
      remedy: this.remedy,
      principal: this.principal?.id,
      tenant: this.tenant,
      routes: this.routes,
      limits: this.limits,
      degraded: this.degraded,
    };
  }

  [Symbol.for("nodejs.util.inspect.custom")](): unknown {
    return this.toJSON();
  }
}
