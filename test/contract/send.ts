/** One request over a socket of its own, with its target and its header lines as they are given. */
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request } from "node:http";

export interface Received {
  /** 0: the client left before there was any. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
}

/** A client that does not stay: what it has got so far, and how it leaves. */
export interface Begun {
  readonly received: Received;
  leave(): void;
}

/** Sends a request, and waits for the whole answer. @param lines of the header, such as `x-client: 10.0.0.1`. */
export async function send(
  port: number,
  methodAndTarget: string,
  lines: readonly string[],
): Promise<Received> {
  const asked = ask(port, methodAndTarget, lines);
  const response = await answerTo(asked);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  asked.destroy();
  return receivedOf(response, Buffer.concat(chunks).toString());
}

/** Sends a request, and waits for the first part of the answer, or for nothing. */
export async function begin(
  port: number,
  methodAndTarget: string,
  lines: readonly string[],
  until: "sent" | "first part",
): Promise<Begun> {
  const asked = ask(port, methodAndTarget, lines);
  const leave = () => {
    asked.on("error", () => undefined);
    asked.destroy();
  };
  if (until === "sent") return { received: { status: 0, headers: {}, body: "" }, leave };
  const response = await answerTo(asked);
  response.on("error", () => undefined);
  const [chunk] = (await once(response, "data")) as [Buffer];
  return { received: receivedOf(response, chunk.toString()), leave };
}

function ask(port: number, methodAndTarget: string, lines: readonly string[]): ClientRequest {
  const [method, path] = methodAndTarget.split(" ") as [string, string];
  const headers = ["Host: api.test", ...lines].flatMap((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  if (method !== "GET" && method !== "HEAD") headers.push("Content-Length", "0");
  const asked = request({ host: "127.0.0.1", port, method, path, headers, agent: false });
  asked.end();
  return asked;
}

async function answerTo(asked: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return response;
}

function receivedOf({ statusCode = 0, headers }: IncomingMessage, body: string): Received {
  const given = Object.entries(headers).filter(
    (entry): entry is [string, string | string[]] => entry[1] !== undefined,
  );
  return { status: statusCode, headers: Object.fromEntries(given), body };
}
