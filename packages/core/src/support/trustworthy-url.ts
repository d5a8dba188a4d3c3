/** Whether what is fetched from there comes from who it seems: https, or http on the machine itself. */
export function isTrustworthyUrl(given: unknown): boolean {
  const text = String(given);
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
