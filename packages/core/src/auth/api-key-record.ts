import type { ApiKeyRecord } from "../config/auth-types.ts";
import type { Principal } from "../decision/principal.ts";
import { instantForms, readInstant } from "../support/instant.ts";
import { apiKeyIssuer } from "../support/issuer-names.ts";
import type { AuthFailure } from "./auth-failure.ts";
import { spaceSeparated, stringList } from "./claims.ts";
import { equalInConstantTime } from "./constant-time.ts";
import * as refusals from "./refusals.ts";

const longestId = 256;
const unknown: RefusedRecord = { failure: refusals.unknownApiKey, id: undefined };

/** A record that says yes, and until when (epoch milliseconds; without end: `Infinity`). */
interface AcceptedRecord {
  readonly principal: Principal;
  readonly expiresAt: number;
}

/** A record that says no, or none at all. */
interface RefusedRecord {
  readonly failure: AuthFailure;
  /** The key's id, where the record is its own. */
  readonly id: string | undefined;
}

export type JudgedRecord = AcceptedRecord | RefusedRecord;

/**
 * Judges the record of a key.
 * @returns what it grants, or why it is refused.
 * @throws where it is malformed: then nothing is known of the key.
 */
export function judgeRecord(given: unknown, hash: string, now: number): JudgedRecord {
  if (given === null || given === undefined) return unknown;
  if (typeof given !== "object" || Array.isArray(given)) throw malformed("it is no object");
  // A copy of its own fields: what the database handed out may change behind our back.
  const record = { ...given } as ApiKeyRecord;
  const { id } = record;
  const tenant = record.tenant ?? undefined;
  const disabled = record.disabled ?? false;
  const stored = record.hash ?? undefined;
  if (typeof id !== "string" || id === "" || id.length > longestId)
    throw malformed(`its id is no string of 1 to ${longestId} characters`);
  if (tenant !== undefined && (typeof tenant !== "string" || tenant === ""))
    throw malformed("its tenant is no string");
  if (typeof disabled !== "boolean") throw malformed("its disabled is neither true nor false");
  if (stored !== undefined && typeof stored !== "string") throw malformed("its hash is no string");
  const scopes = list(record, "scopes");
  const roles = list(record, "roles");
  const permissions = list(record, "permissions");
  const expiresAt = expiry(record.expiresAt);

  // A lookup that ignores case, or finds by a part of the hash, finds another's record.
  if (stored !== undefined && !equalInConstantTime(stored.toLowerCase(), hash)) return unknown;
  if (disabled) return { failure: refusals.disabledApiKey, id };
  if (now >= expiresAt) return { failure: refusals.expiredApiKey, id };
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
      tenant,
      tenants: stringList(tenant),
      claims: Object.freeze(record) as unknown as Principal["claims"],
    }),
  };
}

function list(record: ApiKeyRecord, name: "scopes" | "roles" | "permissions"): readonly string[] {
  const value = record[name] ?? [];
  const isList = Array.isArray(value) && value.every((item) => typeof item === "string");
  if (typeof value !== "string" && !isList) throw malformed(`its ${name} is no list of strings`);
  return name === "scopes" ? spaceSeparated(value) : stringList(value);
}

function expiry(value: unknown): number {
  if (value === null || value === undefined) return Infinity;
  const time = readInstant(value);
  if (time === undefined) throw malformed(`its expiresAt is not ${instantForms}`);
  return time;
}

function malformed(what: string): Error {
  return new Error(`the record of an API key is malformed: ${what}`);
}
