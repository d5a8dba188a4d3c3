import { createServer } from "node:net";

/**
 * A port of 127.0.0.1 that nobody listens on at the moment.
 * @param twin also free: the port that is this much higher.
 */
export async function freePort(twin?: number): Promise<number> {
  for (;;) {
    const port = await tryPort(0);
    if (port === undefined) continue;
    if (twin === undefined) return port;
    const higher = port + twin;
    if (higher < 65_536 && (await tryPort(higher)) !== undefined) return port;
  }
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? address?.port : undefined));
    });
  });
}
