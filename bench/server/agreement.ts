/** Whether a server decides as the scenario says: a stack that lets everyone in would be fast. */
import { createIdentity, type Identity } from "../scenario/identity.ts";
import type { Server } from "./server.ts";

/** @throws Error where it answers otherwise. */
export async function checkDecisions({ url }: Server, identity: Identity): Promise<void> {
  const [allowed = ""] = await identity.sign(1);
  const [unscoped = ""] = await identity.sign(1, "reports:read");
  // Of the same issuer and key id, by another key.
  const [forged = ""] = await (await createIdentity()).sign(1);
  const expected = [
    { caller: "a token with the scope", token: allowed, status: 200 },
    { caller: "a token without the scope", token: unscoped, status: 403 },
    { caller: "a token of another key", token: forged, status: 401 },
    { caller: "no token", token: undefined, status: 401 },
  ];
  for (const { caller, token, status } of expected) {
    const headers: Record<string, string> =
      token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(url, { method: "POST", headers });
    await response.arrayBuffer();
    if (response.status !== status)
      throw new Error(`${caller} was answered by ${response.status}, not ${status}`);
    if (status === 200 && !/"?exports"?;.*r=\d+/.test(response.headers.get("ratelimit") ?? ""))
      throw new Error(`an allowed request was not told what is left of its limits`);
  }
}
