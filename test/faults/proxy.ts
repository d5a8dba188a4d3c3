/** A TCP proxy between a store and its server, which does to the connections what networks do. */
import { createServer, type Server, type Socket, connect as toServer } from "node:net";

/** ms that what goes to the server, and what comes back, is held up. */
export interface Delays {
  readonly there: number;
  readonly back: number;
}

export class FaultyProxy {
  readonly host = "127.0.0.1";
  readonly port: number;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #pairs = new Set<Pair>();
  #server: Server;
  #delays: Delays = { there: 0, back: 0 };
  #losing = false;
  #silent = false;

  private constructor(target: { readonly host: string; readonly port: number }, server: Server) {
    this.#target = target;
    this.#server = server;
    this.port = (server.address() as { port: number }).port;
    server.on("connection", this.#accept);
  }

  static async start(target: {
    readonly host: string;
    readonly port: number;
  }): Promise<FaultyProxy> {
    return new FaultyProxy(target, await listen(0));
  }

  get url(): string {
    return `redis://${this.host}:${this.port}`;
  }

  /** Connections through it now. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Holds up all that comes from now on. */
  delay(delays: Delays): void {
    this.#delays = delays;
  }

  /** While this is on: a script's call reaches the server, is done, and the connection breaks without its reply. */
  loseReplies(on: boolean): void {
    this.#losing = on;
  }

  /**
   * While this is on: what is sent reaches the server, and nothing comes back; connections stay. What was
   * swallowed can never be told, so the connections that it was swallowed from are cut at the end.
   */
  silence(on: boolean): void {
    this.#silent = on;
    if (!on) for (const pair of this.#pairs) if (pair.swallowed) pair.cut();
  }

  /** Breaks all connections. */
  cut(): void {
    for (const pair of this.#pairs) pair.cut();
  }

  /** Breaks all connections, and refuses new ones. */
  async refuse(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cut();
    await closed;
  }

  /** Accepts connections again, on the same port. */
  async accept(): Promise<void> {
    this.#server = await listen(this.port);
    this.#server.on("connection", this.#accept);
  }

  async stop(): Promise<void> {
    await this.refuse();
  }

  readonly #accept = (client: Socket) => {
    const server = toServer(this.#target);
    const pair = new Pair(client, server);
    this.#pairs.add(pair);
    client.once("close", () => this.#pairs.delete(pair));
    const there = inOrder((data) => server.write(data));
    const back = inOrder((data) => client.write(data));
    client.on("data", (data) => {
      if (this.#losing && /evalsha/i.test(data.toString("latin1"))) pair.doomed = true;
      there(data, this.#delays.there);
    });
    server.on("data", (data) => {
      if (pair.doomed) pair.cut();
      else if (this.#silent) pair.swallowed = true;
      else back(data, this.#delays.back);
    });
  };
}

class Pair {
  readonly #client: Socket;
  readonly #server: Socket;
  /** Whether it breaks with the next reply. */
  doomed = false;
  swallowed = false;

  constructor(client: Socket, server: Socket) {
    this.#client = client;
    this.#server = server;
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on("error", () => this.cut());
      socket.once("close", () => this.cut());
    }
  }

  cut(): void {
    this.#client.destroy();
    this.#server.destroy();
  }
}

/** Hands each piece on after its delay, never one before another. */
function inOrder(write: (data: Buffer) => void): (data: Buffer, delay: number) => void {
  const held: { readonly data: Buffer; readonly due: number }[] = [];
  const release = () => {
    while (held[0] !== undefined && held[0].due <= performance.now() + 0.5)
      write((held.shift() as { data: Buffer }).data);
    if (held[0] !== undefined) setTimeout(release, Math.max(1, held[0].due - performance.now()));
  };
  return (data, delay) => {
    if (delay === 0 && held.length === 0) {
      write(data);
      return;
    }
    const last = held.at(-1)?.due ?? 0;
    held.push({ data, due: Math.max(last, performance.now() + delay) });
    if (held.length === 1) setTimeout(release, delay);
  };
}

async function listen(port: number): Promise<Server> {
  const server = createServer({ noDelay: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return server;
}
