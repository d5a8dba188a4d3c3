/**
 * Where a known credential stands. The same credential leads to the same account as long as the tenant's record
 * is fresh, and passes the same checks: what one request has found out spares the next one the search. It is
 * kept with the credential, and whatever forgets the credential forgets it; `auth/` does not know what it is.
 *
 * Nothing is remembered of what may change from request to request: a tenant that a header or a function of the
 * config names, an override that ends, a flag that reads the clock or the request.
 */
import type { Account } from "../account.ts";
import type { Walk } from "./walk.ts";

/** Requirements remembered for one credential. */
const most = 8;

export class Standing {
  readonly #account: Account;
  readonly #from: number;
  readonly #until: number;
  readonly #generation: number;
  /** The numbers of the requirements whose checks have all passed. */
  readonly #passed: number[] = [];

  private constructor(account: Account, from: number, until: number, generation: number) {
    this.#account = account;
    this.#from = from;
    this.#until = until;
    this.#generation = generation;
  }

  /** The account that the walk's credential stands for, where it is known and still holds. */
  static accountOf(walk: Walk): Account | undefined {
    const standing = standingOf(walk);
    if (standing === undefined) return undefined;
    const holds =
      walk.now < standing.#until &&
      walk.now >= standing.#from &&
      standing.#generation === (walk.engine.tenants?.directory?.generation ?? 0);
    return holds ? standing.#account : undefined;
  }

  /**
   * Remembers the account that was found for the walk's credential.
   * @param from epoch milliseconds between which it may be used without asking the directory.
   * @param generation the directory's, before it was asked.
   */
  static remember(
    { known, account, engine, now }: Walk,
    from = Number.NEGATIVE_INFINITY,
    until = Number.POSITIVE_INFINITY,
    generation = 0,
  ): void {
    if (known === undefined || account === undefined || now >= until) return;
    if (engine.tenants?.byPrincipal !== false)
      known.standing = new Standing(account, from, until, generation);
  }

  /** Whether the walk's credential has passed all checks of the requirement before, for the same account. */
  static hasPassed(walk: Walk): boolean {
    const standing = standingOf(walk);
    if (standing === undefined || standing.#account !== walk.account) return false;
    const passed = standing.#passed;
    for (let i = 0; i < passed.length; i++) if (passed[i] === walk.requirement.number) return true;
    return false;
  }

  /** Remembers that all checks of the requirement have passed. */
  static rememberPassed(walk: Walk): void {
    const standing = standingOf(walk);
    if (standing === undefined || standing.#account !== walk.account) return;
    if (walk.account.overrides !== undefined) return;
    if (standing.#passed.length === most) standing.#passed.length = 0;
    standing.#passed.push(walk.requirement.number);
  }
}

function standingOf({ known }: Walk): Standing | undefined {
  return known?.standing as Standing | undefined;
}
