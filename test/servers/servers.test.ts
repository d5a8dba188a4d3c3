import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import pg from "pg";
import { afterEach, describe, expect, it, vi } from "vitest";
import { startCluster } from "./cluster.ts";
import { startPostgres } from "./postgres.ts";
import { startRedis, startReplica } from "./redis.ts";

vi.setConfig({ testTimeout: 60_000 });

const started: { stop(): Promise<void> }[] = [];
async function use<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const server = await starting;
  started.push(server);
  return server;
}
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
});

/** A process of its own that starts a server, and tells its process id. */
const starter = `
import { startRedis } from ${JSON.stringify(new URL("./redis.ts", import.meta.url).href)};
const server = await startRedis();
console.log(server.pid);
setInterval(() => undefined, 1_000);
`;

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // Ended, but in a container nobody may care to ask how.
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

describe("a server", () => {
  it("ends when the process of its test is killed", async () => {
    const options = ["--input-type=module", "--eval", starter];
    const child = spawn(process.execPath, options, { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const pid = Number(line.toString());
    expect(runs(pid)).toBe(true);
    child.kill("SIGKILL");
    await expect.poll(() => runs(pid), { timeout: 20_000 }).toBe(false);
  });
});

describe("redis", () => {
  it("starts, forgets, is killed and comes back on the same port", async () => {
    const server = await use(startRedis());
    await server.command("SET", "a", "1");
    expect(await server.command("GET", "a")).toBe("1");
    await server.flush();
    expect(await server.command("GET", "a")).toBeNull();
    const { pid, port } = server;
    await server.kill();
    await expect(server.command("PING")).rejects.toThrow();
    await server.restart();
    expect(server.pid).not.toBe(pid);
    expect(server.port).toBe(port);
    expect(await server.command("PING")).toBe("PONG");
  });

  it("answers nothing while it is frozen", async () => {
    const server = await use(startRedis());
    server.freeze();
    let answered = false;
    const answer = server.command("PING").then(() => {
      answered = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(answered).toBe(false);
    server.thaw();
    await answer;
  });

  it("has a replica", async () => {
    const primary = await use(startRedis());
    const replica = await use(startReplica(primary));
    await primary.command("SET", "a", "1");
    await primary.command("WAIT", 1, 1_000);
    expect(await replica.command("GET", "a")).toBe("1");
  });

  it("has a clock that can be set back and forth", async () => {
    const server = await use(startRedis({ clock: true }));
    const offset = async () => {
      const [seconds] = (await server.command("TIME")) as string[];
      return Number(seconds) - Date.now() / 1_000;
    };
    expect(Math.abs(await offset())).toBeLessThan(60);
    for (const step of [-7_200, 90_000, 0]) {
      await server.setClock(step);
      expect(Math.abs((await offset()) - step)).toBeLessThan(60);
    }
  });
});

describe("cluster", () => {
  it("has three primaries that share all slots", async () => {
    const cluster = await use(startCluster());
    expect(cluster.nodes.length).toBe(3);
    for (const node of cluster.nodes) {
      const info = `${await node.command("CLUSTER", "INFO")}`;
      expect(info).toContain("cluster_state:ok");
      expect(info).toContain("cluster_slots_ok:16384");
    }
  });
});

describe("postgres", () => {
  it("starts, freezes with its connections, and keeps its data through a kill", async () => {
    const server = await use(startPostgres());
    const client = new pg.Client({ connectionString: server.url });
    client.on("error", () => undefined);
    await client.connect();
    await client.query("CREATE TABLE t (n int)");
    server.freeze();
    let answered = false;
    const answer = client.query("INSERT INTO t VALUES (1)").then(() => {
      answered = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(answered).toBe(false);
    server.thaw();
    await answer;
    await server.kill();
    await server.restart();
    const again = new pg.Client({ connectionString: server.url });
    await again.connect();
    await again.query("SELECT n FROM t");
    await again.end();
  });
});
