import type { ParsedConfig } from "../../config/schema.ts";

/** Whether clients are counted by an address that nothing in the config finds in a request. */
export function readsAddress({ limits, auth, clientIp }: ParsedConfig): boolean {
  const counts = auth.failures !== undefined || Object.values(limits).some(({ by }) => by === "ip");
  const finds = typeof clientIp === "function" || (clientIp?.trustedHops ?? 0) > 0;
  return counts && !finds;
}
