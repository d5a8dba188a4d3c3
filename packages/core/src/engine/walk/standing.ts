/**
 * Where a known credential stands. The same credential leads to the same account as long as the tenant's record
 * is fresh, and passes the same checks: what one request has found out spares the next one the search. It is
 * kept with the credential, and whatever forgets the credential forgets it; `auth/` does not know what it is.
 *
 * Nothing is remembered of what may change from request to request: a tenant that a header or a function of the
 * config names, an override that ends, a flag that reads the clock or the request. Checks read nothing else.
 */
import type { Entry } from "../../tenant/directory.ts";
import type { Account } from "../account.ts";
import type { Walk } from "./walk.ts";

/** Requirements remembered for one credential; one more takes the place of the oldest. */
const most = 8;

interface Standing {
  readonly account: Account;
  /** The directory's, where the account is a tenant with a record. */
  readonly entry: Entry<Account> | undefined;
  /** The numbers of requirements whose checks have all passed. */
  readonly passed: number[];
  /** How many were remembered, those whose place was taken included. */
  remembered: number;
}

/** The account that the walk's credential stands for, where that is known and still holds. */
export function rememberedAccount(walk: Walk): Account | undefined {
  const standing = standingOf(walk);
  if (standing === undefined) return undefined;
  const { account, entry } = standing;
  const holds = entry === undefined || walk.engine.tenants?.directory?.holds(entry, walk.now);
  return holds === true ? account : undefined;
}

/**
 * Remembers the account that was found for the walk's credential.
 * @param entry the directory's; default: the account has no record, and never changes.
 */
export function rememberAccount(
  { known, engine, now }: Walk,
  account: Account,
  entry?: Entry<Account>,
): void {
  if (known === undefined) return;
  if (engine.tenants?.byPrincipal === false) return;
  // What does not hold is asked for each time, and need not be remembered each time.
  if (entry !== undefined && engine.tenants?.directory?.holds(entry, now) !== true) return;
  known.standing = { account, entry, passed: [], remembered: 0 } satisfies Standing;
}

/** Whether the walk's credential has passed all checks of the requirement before, for the same account. */
export function hasPassed(walk: Walk): boolean {
  const standing = standingOf(walk);
  if (standing === undefined || standing.account !== walk.account) return false;
  const { passed } = standing;
  for (let i = 0; i < passed.length; i++) if (passed[i] === walk.requirement.number) return true;
  return false;
}

/** Remembers that all checks of the requirement have passed. Never where explanations tell what each check costs. */
export function rememberPassed(walk: Walk): void {
  const standing = standingOf(walk);
  if (standing === undefined || standing.account !== walk.account) return;
  if (standing.account.overrides !== undefined || walk.engine.explainsCosts) return;
  standing.passed[standing.remembered++ % most] = walk.requirement.number;
}

/** What `auth/` keeps with a credential is what was put there by this file. */
function standingOf({ known }: Walk): Standing | undefined {
  return known?.standing as Standing | undefined;
}
