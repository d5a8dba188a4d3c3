/** A Fastify app on a real socket. */
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import type { Served } from "../express/support.ts";

export async function listen(app: FastifyInstance): Promise<Served> {
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  return {
    url,
    port,
    async close() {
      app.server.closeAllConnections();
      await app.close();
    },
  };
}
