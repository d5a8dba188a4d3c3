/** What a case of the contract is: what is sent, by whom, one request after the other. */
import type { ClientName, TenantName } from "../callers.ts";
import type { Edition } from "../environment.ts";

/** A program with a good token, a tenant's key, or credentials that are wrong in one way. */
export type Caller = ClientName | `key of ${TenantName}` | BadCredentials;

export type BadCredentials =
  | "garbage"
  | "an unsigned token"
  | "a tampered token"
  | "an expired token"
  | "a token for another API"
  | "a token of another issuer"
  | "a token of the silent issuer"
  | "basic credentials"
  | "no known key"
  | "a short key"
  | "a disabled key"
  | "a lapsed key"
  | "a key that cannot be looked up";

export interface Step {
  /** Method and target, as they are sent. */
  readonly send: string;
  readonly as?: Caller;
  /** Further header lines; `{token of …}` and `{key of …}` stand for credentials. */
  readonly headers?: readonly string[];
  /** What the client waits for, if it does not stay for the whole answer: it leaves after the next step. */
  readonly leaves?: "sent" | "first part";
  /** Whether the answer is there only after a while, as what follows from an earlier step. */
  readonly eventually?: true;
}

export interface Case {
  readonly name: string;
  readonly steps: readonly Step[];
  /** Default: `usual`. */
  readonly edition?: Edition;
}

/** A case of one request. */
export const one = (name: string, send: string, as?: Caller, ...headers: string[]): Case => ({
  name,
  steps: [step(send, as, ...headers)],
});

export const step = (send: string, as?: Caller, ...headers: string[]): Step => ({
  send,
  ...(as && { as }),
  ...(headers.length > 0 && { headers }),
});

export const times = (count: number, repeated: Step): Step[] => Array(count).fill(repeated);

export const several = (name: string, ...steps: Step[]): Case => ({ name, steps });
