/** What the tests of this folder share: an app on a real socket, requests byte for byte, tokens of a real issuer. */
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { defineFlux } from "@flux/core";
import { type Client, startIdentityProvider } from "../../examples/express/identity-provider.ts";

export const audience = "https://api.example.com";

/** Who asks: staff of a tenant, a member without any right, and one of another tenant. */
export const clients = {
  staff: { scopes: ["reports:read"], claims: { org_id: "acorn", roles: ["staff"] } },
  member: { claims: { org_id: "acorn" } },
  other: { scopes: ["reports:read"], claims: { org_id: "birch", roles: ["staff"] } },
  tenantless: { scopes: ["reports:read"] },
} satisfies Record<string, Client>;
export type ClientName = keyof typeof clients;

export const startIssuer = (onRequest?: () => unknown) =>
  startIdentityProvider({ clients, audience, lifetime: 3_600, ...(onRequest && { onRequest }) });

export const quiet = { warn: () => undefined, error: () => undefined };

/** A config with all that the tests of responses need. */
export const defineApi = (issuer: string) =>
  defineFlux({
    auth: { jwt: { issuer, audience } },
    tenant: {
      from: { claim: "org_id" },
      load: (id) => ({ plan: id === "birch" ? "pro" : "free" }),
    },
    features: { exports: { kind: "boolean" }, tokens: { kind: "metered", per: "month" } },
    plans: {
      free: { features: { tokens: 100 } },
      pro: { extends: "free", features: { exports: true, tokens: 1_000 } },
    },
    flags: {
      "secret-beta": {
        state: "ENABLED",
        variants: { on: true, off: false },
        defaultVariant: "off",
      },
    },
    limits: {
      api: { quota: 60, window: "1m", burst: 2, by: "tenant" },
      doorbell: { quota: 60, window: "1m", burst: 2, by: "ip" },
    },
    routes: {
      "GET /open": "public",
      "POST /ring": { auth: "none", limit: "doorbell" },
      "GET /shielded": { limit: "doorbell" },
      "GET /me": {},
      "GET /scoped": { scopes: ["reports:read", "reports:write"] },
      "GET /staff": { roles: "staff" },
      "GET /beta": { flag: "secret-beta" },
      "GET /exports": { feature: "exports" },
      "GET /limited": { limit: "api" },
      "POST /chat": { use: { tokens: 60 } },
      "POST /huge": { limit: "api", cost: 3 },
    },
    logger: quiet,
  });

export interface Served {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

export async function serve(app: RequestListener): Promise<Served> {
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

export interface RawResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Sends a request line and headers as they are, and reads until the server closes. */
export async function raw(
  port: number,
  requestLine: string,
  headers: readonly string[] = [],
): Promise<RawResponse> {
  const socket = await open(port);
  const lines = [requestLine, "Host: api.test", "Connection: close", ...headers, "", ""];
  // One character, one byte: the tests also send what is not ASCII.
  // Not `end`: to Node a client that half-closes has left.
  socket.write(Buffer.from(lines.join("\r\n"), "latin1"));
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const [statusLine = "", ...fields] = head.split("\r\n");
  const read = new Headers();
  for (const field of fields) {
    const colon = field.indexOf(":");
    read.append(field.slice(0, colon), field.slice(colon + 1).trim());
  }
  return { status: Number(statusLine.split(" ")[1]), headers: read, body: rest.join("\r\n\r\n") };
}

export async function open(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.setEncoding("latin1");
  await once(socket, "connect");
  return socket;
}

/** Waits until something holds; fails by the test's own timeout. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
