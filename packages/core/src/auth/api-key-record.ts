import type { ApiKeyRecord } from "../config/auth-types.ts";
import { spaceSeparated, stringList } from "./claims.ts";
import { equalInConstantTime } from "./constant-time.ts";
import { apiKeyIssuer } from "./own-issuers.ts";
import type { AuthFailure, Principal } from "./principal.ts";
import { refusals } from "./refusals.ts";

const longestId = 256;

/** A record that says yes, and until when (epoch milliseconds; without end: `Infinity`). */
export interface AcceptedRecord {
  readonly principal: Principal;
  readonly expiresAt: number;
}

/**
 * Judges the record of a key.
 * @returns what it grants, or why it is refused.
 * @throws where it is malformed: then nothing is known of the key.
 */
export function judgeRecord(
  given: unknown,
  hash: string,
  now: number,
): AcceptedRecord | AuthFailure {
  if (given === null || given === undefined) return refusals.unknownApiKey;
  if (typeof given !== "object" || Array.isArray(given)) throw malformed("it is no object");
  // A copy of its own fields: what the database handed out may change behind our back.
  const record = { ...given } as ApiKeyRecord;
  const { id, tenant, disabled, hash: stored } = record;
  if (typeof id !== "string" || id === "" || id.length > longestId)
    throw malformed(`its id is no string of 1 to ${longestId} characters`);
  if (isGiven(tenant) && (typeof tenant !== "string" || tenant === ""))
    throw malformed("its tenant is no string");
  if (isGiven(disabled) && typeof disabled !== "boolean")
    throw malformed("its disabled is neither true nor false");
  if (isGiven(stored) && typeof stored !== "string") throw malformed("its hash is no string");
  const scopes = list(record, "scopes");
  const roles = list(record, "roles");
  const permissions = list(record, "permissions");
  const expiresAt = expiry(record.expiresAt);

  // A lookup that ignores case, or finds by a part of the hash, finds another's record.
  if (isGiven(stored) && !equalInConstantTime(stored.toLowerCase(), hash))
    return refusals.unknownApiKey;
  if (disabled === true) return refusals.disabledApiKey;
  if (now >= expiresAt) return refusals.expiredApiKey;
  return {
    expiresAt,
    principal: Object.freeze<Principal>({
      id: `${apiKeyIssuer}|${id}`,
      type: "apiKey",
      issuer: apiKeyIssuer,
      subject: id,
      scopes,
      roles,
      permissions,
      tenant: isGiven(tenant) ? tenant : undefined,
      tenants: isGiven(tenant) ? stringList(tenant) : stringList([]),
      claims: Object.freeze(record) as unknown as Principal["claims"],
    }),
  };
}

function isGiven<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}

function list(record: ApiKeyRecord, name: "scopes" | "roles" | "permissions"): readonly string[] {
  const value = record[name];
  if (!isGiven(value)) return stringList([]);
  const isList = Array.isArray(value) && value.every((item) => typeof item === "string");
  if (typeof value !== "string" && !isList) throw malformed(`its ${name} is no list of strings`);
  return name === "scopes" ? spaceSeparated(value) : stringList(value);
}

function expiry(value: unknown): number {
  if (!isGiven(value)) return Number.POSITIVE_INFINITY;
  const time =
    typeof value === "number"
      ? value
      : value instanceof Date
        ? value.getTime()
        : typeof value === "string" && isoTime.test(value)
          ? Date.parse(value)
          : Number.NaN;
  if (!Number.isFinite(time))
    throw malformed(
      "its expiresAt is neither epoch milliseconds, nor a Date, nor ISO 8601 with a zone",
    );
  return time;
}

/** Without a zone it would mean another moment on each machine; a date alone is UTC by definition. */
const isoTime = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/;

function malformed(what: string): Error {
  return new Error(`the record of an API key is malformed: ${what}`);
}
