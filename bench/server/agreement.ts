/** Whether a server decides as the scenario says: a stack that lets everyone in would be fast. */
import { quotas, tenantsWithout } from "../scenario/app.ts";
import { createIdentity, type Identity } from "../scenario/identity.ts";
import type { Server } from "./server.ts";
import type { Way } from "./ways.ts";

/**
 * @param way how it decides.
 * @throws Error where it answers otherwise, or does not tell that it has counted a request by each limit. That it
 *   has counted one by the monthly quota, Flux alone tells.
 */
export async function checkDecisions(server: Server, identity: Identity, way: Way): Promise<void> {
  const tokenOf = async (from: Identity, scopes?: string, tenant?: string) =>
    (await from.sign(1, scopes, tenant))[0] as string;
  const { flag, feature } = tenantsWithout;
  const refused = [
    { who: "nobody", token: undefined, status: 401 },
    // Of the same issuer and key id, by another key.
    { who: "a forger", token: await tokenOf(await createIdentity()), status: 401 },
    { who: "who lacks the scope", token: await tokenOf(identity, "reports:read"), status: 403 },
    {
      who: "who lacks the flag",
      token: await tokenOf(identity, undefined, flag),
      // To Flux, what a flag hides is not there.
      status: way === "flux" ? 404 : 403,
    },
    {
      who: "who lacks the feature",
      token: await tokenOf(identity, undefined, feature),
      status: 402,
    },
  ];
  for (const { who, token, status } of refused) {
    const answer = await ask(server, token);
    if (answer.status !== status)
      throw new Error(`${way} answered ${who} by ${answer.status}, not ${status}`);
  }
  const { status, left } = await ask(server, await tokenOf(identity));
  if (status !== 200) throw new Error(`${way} answered who lacks nothing by ${status}`);
  const counted = { api: quotas.api, exports: quotas.exports };
  const told = way === "flux" ? { ...counted, "ai-tokens": quotas.tokens } : counted;
  for (const [name, quota] of Object.entries(told)) {
    const rest = left(name);
    // Not how many less: what refills continuously may have been given some back.
    if (rest === undefined || rest >= quota)
      throw new Error(`${way} has ${rest} of ${quota} of ${name} left after a request`);
  }
}

async function ask({ url }: Server, token: string | undefined) {
  const headers: Record<string, string> =
    token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: "POST", headers });
  await response.arrayBuffer();
  const field = response.headers.get("ratelimit") ?? "";
  return {
    status: response.status,
    /** What is left of a limit, by the response. */
    left(limit: string): number | undefined {
      const found = new RegExp(`"${limit}";[^,]*\\br=(\\d+)`).exec(field)?.[1];
      return found === undefined ? undefined : Number(found);
    },
  };
}
