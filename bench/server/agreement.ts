/** Whether a server decides as the scenario says: a stack that lets everyone in would be fast. */
import { limits, quotas } from "../scenario/app.ts";
import { createIdentity, type Identity } from "../scenario/identity.ts";
import type { Server } from "./server.ts";

/** @throws Error where it answers otherwise, or does not count a request by each limit. */
export async function checkDecisions(server: Server, identity: Identity): Promise<void> {
  const [allowed = ""] = await identity.sign(1);
  const [unscoped = ""] = await identity.sign(1, "reports:read");
  // Its plan has neither the feature nor, for this caller, the flag.
  const [stranger = ""] = await identity.sign(1, undefined, "a-tenant-without-a-plan");
  // Of the same issuer and key id, by another key.
  const [forged = ""] = await (await createIdentity()).sign(1);
  const expected = [
    { caller: "a token without the scope", token: unscoped, statuses: [403] },
    { caller: "a token of a tenant on the free plan", token: stranger, statuses: [402, 403, 404] },
    { caller: "a token of another key", token: forged, statuses: [401] },
    { caller: "no token", token: undefined, statuses: [401] },
  ];
  for (const { caller, token, statuses } of expected) {
    const { status } = await ask(server, token);
    if (!statuses.includes(status))
      throw new Error(`${caller} was answered by ${status}, not ${statuses.join(" or ")}`);
  }
  const { status, left } = await ask(server, allowed);
  if (status !== 200) throw new Error(`a token with the scope was answered by ${status}`);
  for (const limit of limits) {
    const rest = left(limit);
    // Not how many less: what refills continuously may have been given some back.
    if (rest === undefined || rest >= quotas[limit])
      throw new Error(
        `of ${quotas[limit]} of the limit ${limit}, ${rest} were left after a request`,
      );
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
