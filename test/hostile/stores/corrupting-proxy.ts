/** A proxy that makes the next answer to a script unreadable. */
import { connect, createServer } from "node:net";
import { onTestFinished } from "vitest";

export async function corruptingProxy(target: { host: string; port: number }) {
  let armed = false;
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((client) => {
    const up = connect(target);
    let doomed = false;
    for (const each of [client, up]) {
      sockets.add(each);
      each.on("error", () => undefined);
      each.on("close", () => {
        client.destroy();
        up.destroy();
      });
    }
    client.on("data", (data) => {
      if (armed && /evalsha/i.test(data.toString("latin1"))) {
        armed = false;
        doomed = true;
      }
      up.write(data);
    });
    up.on("data", (data) => {
      if (doomed) {
        doomed = false;
        client.write("@garbage\r\n");
      } else client.write(data);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const each of sockets) each.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `redis://127.0.0.1:${(server.address() as { port: number }).port}`,
    corrupt() {
      armed = true;
    },
  };
}
