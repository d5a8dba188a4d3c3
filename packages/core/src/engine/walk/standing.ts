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

/** Where the walk's credential stands, as far as that is known and still holds. */
export function standingOf(walk: Walk): Standing | undefined {
  const standing = keptStanding(walk);
  if (standing?.entry === undefined) return standing;
  const { tenants } = walk.engine;
  return tenants?.directory?.holds(standing.entry, walk.now) === true ? standing : undefined;
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

/** Whether whoever stands there has passed all checks of a requirement before. */
export function hasPassed({ passed }: Standing, requirement: number): boolean {
  for (let i = 0; i < passed.length; i++) if (passed[i] === requirement) return true;
  return false;
}

/** Remembers that all checks of the requirement have passed. Never where explanations tell what each check costs. */
export function rememberPassed(walk: Walk): void {
  const standing = keptStanding(walk);
  if (standing === undefined || standing.account !== walk.account) return;
  if (standing.account.overrides !== undefined || walk.engine.explainsCosts) return;
  const { number } = walk.requirement;
  // Where the tenant's record was stale it has passed them once more, which takes no further place.
  if (!hasPassed(standing, number)) standing.passed[standing.remembered++ % most] = number;
}

/** What `auth/` keeps with a credential is what was put there by this file. */
function keptStanding({ known }: Walk): Standing | undefined {
  return known?.standing as Standing | undefined;
}
