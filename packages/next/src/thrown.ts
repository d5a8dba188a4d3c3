/**
 * The status that Next answers with when a handler throws. Its own errors carry it in their digest:
 * `NEXT_REDIRECT;replace;/path;307;` and `NEXT_HTTP_ERROR_FALLBACK;404`.
 */
export function statusOfThrown(error: unknown): number {
  const digest: unknown = (error as { digest?: unknown } | null | undefined)?.digest;
  if (typeof digest !== "string") return 500;
  const [kind, ...parts] = digest.split(";");
  const status =
    kind === "NEXT_HTTP_ERROR_FALLBACK"
      ? Number(parts[0])
      : kind === "NEXT_REDIRECT"
        ? Number(parts.at(-2))
        : Number.NaN;
  return Number.isInteger(status) ? status : 500;
}
