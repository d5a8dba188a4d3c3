/** A walked request as its caller sees it. Everything here is built when somebody reads it. */
import type { Keys, ResponseOutcome } from "../config/requirement-types.ts";
import { type DenialCode, denialCodes } from "../decision/codes.ts";
import type {
  DecidedTenant,
  Decision,
  Explanation,
  FeatureState,
  FlagEvaluation,
  LimitState,
  Remedy,
} from "../decision/decision.ts";
import { responseHeaders } from "../http/response-headers.ts";
import { explain } from "./explain.ts";
import { featureState } from "./feature-state.ts";
import { evaluateFlag } from "./flag-context.ts";
import { limitStates } from "./limit-states.ts";
import { remedyOf } from "./remedy.ts";
import { authLevels } from "./requirement.ts";
import { giveBack, settle } from "./settling.ts";
import { Walk } from "./walk.ts";

export class RequestDecision extends Walk implements Decision<Keys> {
  #headers: Readonly<Record<string, string>> | undefined = undefined;
  #concluded = false;

  get allowed(): boolean {
    return this.denials.length === 0;
  }

  get status(): number {
    const first = this.denials[0];
    return first === undefined ? 200 : denialCodes[first.code].status;
  }

  get code(): DenialCode | "allowed" {
    return this.denials[0]?.code ?? "allowed";
  }

  get remedy(): Remedy | undefined {
    return this.allowed ? undefined : remedyOf(this);
  }

  get tenant(): DecidedTenant | undefined {
    const account = this.account;
    if (account?.isTenant !== true) return undefined;
    return { id: account.id, plan: account.plan?.name };
  }

  get routes(): readonly string[] {
    return this.requirement.routes;
  }

  get degraded(): readonly string[] {
    return this.sources;
  }

  get limits(): readonly LimitState[] {
    return limitStates(this);
  }

  /** What of the config this caller may be told: nothing before it is known, unless nobody asks who it is. */
  get names(): "none" | "limits" | "all" {
    if (this.principal !== undefined) return "all";
    return this.requirement.auth === authLevels.required ? "none" : "limits";
  }

  get nameFlags(): boolean {
    return this.engine.exposeFlags;
  }

  get realm(): string {
    return this.engine.realm;
  }

  get namedLimits(): readonly LimitState[] {
    const names = this.names;
    if (names === "none") return [];
    return names === "all" ? this.limits : this.limits.filter(({ kind }) => kind === "limit");
  }

  get headers(): Readonly<Record<string, string>> {
    this.#headers ??= responseHeaders(this);
    return this.#headers;
  }

  flag(key: string): unknown {
    return this.flagDetails(key).value;
  }

  flagDetails(key: string): FlagEvaluation {
    const flag = this.engine.flags.get(key);
    return flag === undefined
      ? { value: undefined, reason: "ERROR", errorCode: "FLAG_NOT_FOUND" }
      : evaluateFlag(flag, this);
  }

  feature(key: string): FeatureState {
    return featureState(this, key);
  }

  settle(actual: { readonly [feature: string]: number | undefined }): void | Promise<void> {
    return settle(this, actual);
  }

  refund(): void | Promise<void> {
    return giveBack(this, { shield: true });
  }

  get awaitsOutcome(): boolean {
    return this.allowed && this.requirement.refundOn.length > 0;
  }

  conclude(outcome: ResponseOutcome): void | Promise<void> {
    if (this.#concluded || !this.awaitsOutcome) return;
    this.#concluded = true;
    // The response is over: nobody is left to hear of an error but whoever runs the service.
    const failed = (error: unknown) =>
      this.engine.report("refundOn", "The charges could not be given back", error);
    try {
      if (this.requirement.refundOn.some((refunds) => refunds(outcome)))
        return this.refund()?.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  explain(): Explanation {
    return explain(this);
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
