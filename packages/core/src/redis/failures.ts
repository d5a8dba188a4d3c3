/** What the client says of a failure, in words for whoever runs the service. */

/** What the client says, for all that was under way when a connection broke, or could not be sent. */
const broken =
  /max retries per request|isn't writeable|Connection is closed|connection close|flushing the commands/i;

/** What the client says of bytes that it cannot read. */
const foreign = /Unknown RESP type|Protocol error/i;

/** Why a call failed that the server was asked, or was to be asked; goes on after "the server". */
export function callFailure(error: unknown): string {
  const reason = reasonOf(error);
  return broken.test(reason)
    ? "was cut off: the connection broke before an answer came"
    : `refused: ${reason}`;
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
export function withoutCommand(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { lastNodeError } = error as { lastNodeError?: unknown };
  if (lastNodeError !== error) withoutCommand(lastNodeError);
  if ("command" in error) delete error.command;
  return error;
}
