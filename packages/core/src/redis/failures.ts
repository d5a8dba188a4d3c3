/** What the client says of a failure, in words for whoever runs the service. */
import { FluxError } from "../errors.ts";

/** What the client says, for all that was under way when a connection broke, or could not be sent. */
const broken =
  /max retries per request|isn't writeable|Connection is closed|connection close|flushing the commands/i;

/** What the client says of bytes that it cannot read. */
const foreign = /Unknown RESP type|Protocol error/i;

export function unavailable(what: string, cause?: unknown): FluxError {
  return new FluxError("store_unavailable", `redisStore: the server ${what}.`, {
    cause: withoutCommand(cause),
  });
}

/** Failures of calls that the server has certainly not done. */
const certain = new WeakSet<object>();

/** The failure of a call that was not made, or refused. */
export function undone(what: string, cause?: unknown): FluxError {
  const error = unavailable(what, cause);
  certain.add(error);
  return error;
}

/** Whether what failed was certainly not done, so that it may be asked again. */
export const isUndone = (error: unknown): boolean =>
  typeof error === "object" && error !== null && certain.has(error);

/** What a call failed with that the server was asked. */
export function callFailure(error: unknown): FluxError {
  const reason = reasonOf(error);
  if (broken.test(reason))
    return unavailable("was cut off: the connection broke before an answer came", error);
  // Only the server's own word says that it has done nothing.
  const isRefused = error instanceof Error && error.name === "ReplyError";
  return isRefused
    ? undone(`refused: ${reason}`, error)
    : unavailable(`cannot be understood: ${reason}`, error);
}

/** One sentence without its full stop. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (foreign.test(error.message))
    return "what answers there is no Redis: it speaks another protocol (HTTP, or TLS: rediss://)";
  // One host name may have several addresses, and a cluster several nodes: each fails in its own way.
  const { code, errors, lastNodeError } = error as {
    code?: unknown;
    errors?: unknown;
    lastNodeError?: unknown;
  };
  const inner = lastNodeError ?? (Array.isArray(errors) ? errors[0] : undefined);
  const reasons = [
    error.message === "" ? code : error.message,
    inner === undefined || inner === error ? undefined : reasonOf(inner),
  ];
  return reasons
    .filter((reason) => typeof reason === "string" && reason !== "")
    .map((reason) => `${reason}`.replace(/\.+$/, ""))
    .join(": ");
}

/** The same error, which no longer tells what was sent: that may be a password, and names tenants. */
function withoutCommand(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { lastNodeError } = error as { lastNodeError?: unknown };
  if (lastNodeError !== error) withoutCommand(lastNodeError);
  if ("command" in error) delete error.command;
  return error;
}
