/** What every target answers: recorded from Express, and read by people before it is believed. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Received } from "./send.ts";

export interface Response {
  readonly status: number;
  /** The handler that ran, by its `x-handler`. */
  readonly handler?: string;
  /** Those that Flux is answerable for. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** An object stands for its JSON, without spaces. */
  readonly body: unknown;
}

export type Golden = Readonly<Record<string, readonly Response[]>>;

const file = join(import.meta.dirname, "golden/responses.json");

export const readGolden = (): Golden => JSON.parse(readFileSync(file, "utf8"));
export const writeGolden = (golden: Golden): void =>
  writeFileSync(file, `${JSON.stringify(golden, null, 2)}\n`);

/** On every response. */
const always = [
  "ratelimit",
  "ratelimit-policy",
  "retry-after",
  "www-authenticate",
  "access-control-expose-headers",
] as const;
/** A handler's are its own. */
const ofDenials = ["content-type", "cache-control", "location", "set-cookie"] as const;

/** What is compared of a response. What an app says of an error of its own is its own. */
export function comparable({ status, headers, body }: Received): Response {
  const handler = headers["x-handler"] as string | undefined;
  const isError = status === 500;
  const names = handler === undefined && !isError ? [...always, ...ofDenials] : always;
  return {
    status,
    ...(handler !== undefined && { handler }),
    headers: Object.fromEntries(
      names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
    ),
    body: isError ? "the app's own" : readable(body),
  };
}

/** An object, where nothing of the text is lost by that. */
function readable(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && JSON.stringify(value) === text) return value;
  } catch {
    // It is no JSON.
  }
  return text;
}
