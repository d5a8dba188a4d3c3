/**
 * A client that does as little as HTTP lets it: connections that stay, one request at a time on each, ready-made
 * bytes out, and of an answer its status and its end. What shares a machine's caches with a server makes the
 * server's work dearer.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

const connections = 32;
/** ms without a word on a connection. */
const patience = 10_000;
const endOfHead = "\r\n\r\n";

/** Makes the bytes of a request with each token. */
export function requestsTo(url: string, tokens: readonly string[]): Buffer[] {
  const { host, pathname } = new URL(url);
  return tokens.map((token) =>
    Buffer.from(
      `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\nConnection: keep-alive\r\nContent-Length: 0${endOfHead}`,
    ),
  );
}

export class Client {
  readonly #sockets: readonly Socket[];
  #requests: readonly Buffer[] = [];
  #sent = 0;
  #answered = 0;
  #total = 0;
  #settle: { resolve(): void; reject(error: Error): void } | undefined;
  #failed: Error | undefined;

  private constructor(sockets: readonly Socket[]) {
    this.#sockets = sockets;
    for (const socket of sockets) {
      let unread = "";
      socket.setNoDelay(true);
      socket.on("data", (bytes) => {
        unread += bytes.toString("latin1");
        const length = lengthOf(unread);
        if (length === undefined || unread.length < length) return;
        if (!unread.startsWith("HTTP/1.1 200 ")) this.#fail(new Error(`answered by ${unread}`));
        unread = unread.slice(length);
        this.#next(socket);
      });
      socket.on("error", (error) => this.#fail(error));
      socket.on("close", () => this.#fail(new Error("a server closed a connection")));
      socket.setTimeout(patience, () => this.#fail(new Error(`no answer for ${patience} ms`)));
    }
  }

  static async open(url: string): Promise<Client> {
    const { hostname, port } = new URL(url);
    const sockets = Array.from({ length: connections }, () => connect(Number(port), hostname));
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    return new Client(sockets);
  }

  /**
   * Sends so many requests, those given in turn, and waits for all answers.
   * @throws Error where anything but 200 was answered: what would be measured is no decision
   */
  async send(requests: readonly Buffer[], total: number = requests.length): Promise<void> {
    this.#requests = requests;
    this.#total = total;
    this.#sent = 0;
    this.#answered = 0;
    if (this.#failed !== undefined) throw this.#failed;
    await new Promise<void>((resolve, reject) => {
      this.#settle = { resolve, reject };
      for (const socket of this.#sockets) this.#write(socket);
    });
  }

  close(): void {
    this.#settle = undefined;
    for (const socket of this.#sockets) socket.destroy();
  }

  #write(socket: Socket): void {
    if (this.#sent < this.#total)
      socket.write(this.#requests[this.#sent++ % this.#requests.length] as Buffer);
  }

  #next(socket: Socket): void {
    this.#answered++;
    this.#write(socket);
    if (this.#answered < this.#total) return;
    this.#settle?.resolve();
    this.#settle = undefined;
  }

  #fail(error: Error): void {
    this.#failed ??= error;
    this.#settle?.reject(error);
    this.#settle = undefined;
  }
}

/** Characters of the answer, as soon as its head tells. */
function lengthOf(text: string): number | undefined {
  const end = text.indexOf(endOfHead);
  const body = /\r\nContent-Length: (\d+)\r\n/i.exec(text)?.[1];
  return end === -1 || body === undefined ? undefined : end + endOfHead.length + Number(body);
}
