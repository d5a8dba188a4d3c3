import type { FlagDetails, FlagErrorCode, FlagMetadata, Reason } from "./types.ts";

/** The longest part of a foreign text (a key, a variant's name) that an error message repeats. */
const quotedLength = 100;

/** What all results of one flag have in common. */
export interface FlagIdentity {
  readonly flagKey: string;
  readonly metadata: FlagMetadata | undefined;
}

/** A result with a variant. */
export function variantDetails(
  { flagKey, metadata }: FlagIdentity,
  variant: string,
  value: unknown,
  reason: Reason,
): FlagDetails {
  return Object.freeze({ flagKey, value, variant, reason, ...(metadata && { metadata }) });
}

/** A result that leaves the value to the caller: disabled, or no default variant. */
export function absentDetails(
  { flagKey, metadata }: FlagIdentity,
  reason: "DISABLED" | "DEFAULT",
): FlagDetails {
  return Object.freeze({ flagKey, value: undefined, reason, ...(metadata && { metadata }) });
}

export function errorDetails(
  { flagKey, metadata }: FlagIdentity,
  errorCode: FlagErrorCode,
  errorMessage: string,
): FlagDetails {
  return Object.freeze({
    flagKey,
    value: undefined,
    reason: "ERROR" as const,
    errorCode,
    errorMessage,
    ...(metadata && { metadata }),
  });
}

/** A foreign text as an error message may repeat it. */
export function quote(text: string): string {
  return JSON.stringify(text.length > quotedLength ? `${text.slice(0, quotedLength)}…` : text);
}
