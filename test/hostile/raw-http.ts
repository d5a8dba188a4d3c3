/** Requests written byte by byte, over kept-alive sockets: what no well-behaved client would send. */
import { connect, type Socket } from "node:net";

export interface RawResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** Status line and headers as they came. */
  readonly head: string;
  /** Whether the server closed the connection after it, as Node does after what it cannot parse. */
  readonly closed: boolean;
}

/** One connection at a time; a new one where the server closed the last. */
export class RawClient {
  readonly #port: number;
  #socket: Socket | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  /** @param text the request as it goes over the wire; characters are bytes. */
  send(text: string, { method = text.slice(0, text.indexOf(" ")) } = {}): Promise<RawResponse> {
    const socket = this.#open();
    return new Promise((resolve, reject) => {
      let received = "";
      const settle = (response: RawResponse | Error) => {
        socket.off("data", onData).off("close", onClose).off("error", onError);
        clearTimeout(timer);
        if (response instanceof Error) {
          this.close();
          reject(response);
        } else {
          if (response.closed) this.close();
          resolve(response);
        }
      };
      const onData = (chunk: Buffer) => {
        received += chunk.toString("latin1");
        const response = parse(received, method);
        if (response !== undefined) settle(response);
      };
      const onClose = () =>
        settle(
          new Error(
            `closed after ${JSON.stringify(received)} on ${JSON.stringify(text.slice(0, 200))}`,
          ),
        );
      const onError = (error: Error) => settle(error);
      const timer = setTimeout(
        () => settle(new Error(`no answer to ${JSON.stringify(text.slice(0, 500))}`)),
        10_000,
      );
      socket.on("data", onData).once("close", onClose).once("error", onError);
      socket.write(Buffer.from(text, "latin1"));
    });
  }

  close(): void {
    this.#socket?.on("error", () => undefined).destroy();
    this.#socket = undefined;
  }

  #open(): Socket {
    if (this.#socket === undefined || this.#socket.destroyed)
      this.#socket = connect({ port: this.#port, host: "127.0.0.1", noDelay: true });
    return this.#socket;
  }
}

function parse(text: string, method: string): RawResponse | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return undefined;
  const head = text.slice(0, end);
  const [first = "", ...lines] = head.split("\r\n");
  const status = Number(first.split(" ")[1]);
  if (status === 100) return parse(text.slice(end + 4), method);
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const rest = text.slice(end + 4);
  const closed = headers.get("connection") === "close";
  const empty = method === "HEAD" || status === 204 || status === 304;
  const length = empty ? 0 : Number(headers.get("content-length") ?? 0);
  if (rest.length < length) return undefined;
  if (headers.get("transfer-encoding") === "chunked" && !empty && !rest.endsWith("0\r\n\r\n"))
    return undefined;
  return { status, headers, body: rest, head, closed };
}

/** A request of HTTP/1.1. Headers are lines: names may repeat, and values may be anything. */
export function request(
  method: string,
  target: string,
  headers: readonly (readonly [string, string])[] = [],
  body = "",
): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const host = headers.some(([name]) => name.toLowerCase() === "host")
    ? ""
    : "Host: api.example.com\r\n";
  const length = body === "" && method !== "POST" ? "" : `Content-Length: ${body.length}\r\n`;
  return `${method} ${target} HTTP/1.1\r\n${host}${lines}${length}\r\n${body}`;
}
