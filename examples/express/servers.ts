import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { reportsApp } from "./app.ts";
import { customers, staff } from "./clients.ts";
import { defineReportsFlux } from "./flux.ts";
import { startIdentityProvider } from "./identity-provider.ts";

export type Servers = Awaited<ReturnType<typeof startServers>>;
export type ClientName = keyof typeof customers | keyof typeof staff;

/** The API and the two identity providers that it trusts, on loopback; port 0 means any free one. */
export async function startServers(ports = { api: 0, customers: 0, staff: 0 }) {
  const providers = {
    customers: await startIdentityProvider({
      port: ports.customers,
      clients: customers,
      lifetime: 3_600,
    }),
    staff: await startIdentityProvider({ port: ports.staff, clients: staff, lifetime: 3_600 }),
  };
  const flux = defineReportsFlux({
    customers: providers.customers.issuer,
    staff: providers.staff.issuer,
  });
  const server = createServer(reportsApp(flux)).listen(ports.api, "127.0.0.1");
  await once(server, "listening");

  const tokens = new Map<string, Promise<string>>();
  /** The client's token, fetched once and kept, as clients do. */
  function tokenFor(client: ClientName, audience?: string): Promise<string> {
    const key = `${client} for ${audience}`;
    const token =
      tokens.get(key) ??
      (client === "staff-console"
        ? providers.staff.tokenFor(client, { audience })
        : providers.customers.tokenFor(client, { audience }));
    tokens.set(key, token);
    return token;
  }

  return {
    api: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    flux,
    providers,
    tokenFor,
    async close() {
      server.close();
      server.closeAllConnections();
      await Promise.all([providers.customers.close(), providers.staff.close(), flux.close()]);
    },
  };
}

/** The port, if it is free; else 0. */
export async function ifFree(port: number): Promise<number> {
  const probe = createServer().listen(port, "127.0.0.1");
  const free = await once(probe, "listening").then(
    () => true,
    () => false,
  );
  if (free) await new Promise((done) => probe.close(done));
  return free ? port : 0;
}
