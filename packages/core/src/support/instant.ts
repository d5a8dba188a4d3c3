/**
 * ISO 8601 as RFC 3339 profiles it. Without a zone it would mean another moment on each machine; a date
 * alone is midnight UTC (ECMA-262 §21.4.1.32).
 */
const isoTime = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** What `readInstant` takes, in words for a message. */
export const instantForms = "epoch milliseconds, a Date or ISO 8601 with a zone";

/**
 * Epoch milliseconds of a moment that somebody else wrote: a finite number of them, a valid `Date`, or
 * ISO 8601 (`2030-01-31`, `2030-01-31T12:00:00Z`, `2030-01-31T12:00+02:00`); `undefined` where it is none.
 */
export function readInstant(value: unknown): number | undefined {
  const time =
    value instanceof Date ? value.getTime() : typeof value === "string" ? parseIso(value) : value;
  return typeof time === "number" && Number.isFinite(time) ? time : undefined;
}

function parseIso(text: string): number | undefined {
  if (!isoTime.test(text)) return undefined;
  const date = text.slice(0, 10);
  // Some engines read 30 February as 2 March; of what no engine reads, `toJSON` gives null.
  return new Date(date).toJSON()?.startsWith(date) ? Date.parse(text) : undefined;
}
