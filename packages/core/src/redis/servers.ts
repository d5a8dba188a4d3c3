import { Cluster, type Redis } from "ioredis";
import { Breaker } from "./breaker.ts";
import { ServerClock } from "./server-clock.ts";
import { slotOf } from "./slot.ts";

/** What is known of one server: of a cluster's nodes one may be silent while the others answer. */
export class Server {
  breaker = new Breaker();
  readonly clock = new ServerClock();
}

/** Every server that calls go to. */
export class Servers {
  readonly #client: Redis | Cluster;
  readonly #servers = new Map<string, Server>();
  readonly #only: Server | undefined;

  constructor(client: Redis | Cluster) {
    this.#client = client;
    this.#only = client instanceof Cluster ? undefined : new Server();
  }

  /** The server that holds a key now. */
  of(key: string): Server {
    return this.#only ?? this.#named((this.#client as Cluster).slots[slotOf(key)]?.[0] ?? "");
  }

  /** Each server that is connected to, and the connection. */
  all(): readonly { readonly server: Server; readonly connection: Redis }[] {
    const client = this.#client;
    if (this.#only !== undefined) return [{ server: this.#only, connection: client as Redis }];
    return (client as Cluster).nodes("master").map((connection) => ({
      server: this.#named(`${connection.options.host}:${connection.options.port}`),
      connection,
    }));
  }

  /** Nothing that was silent is known to be silent still. */
  reconnected(): void {
    if (this.#only !== undefined) this.#only.breaker = new Breaker();
    for (const server of this.#servers.values()) server.breaker = new Breaker();
  }

  #named(name: string): Server {
    let server = this.#servers.get(name);
    if (server === undefined) {
      server = new Server();
      this.#servers.set(name, server);
    }
    return server;
  }
}
