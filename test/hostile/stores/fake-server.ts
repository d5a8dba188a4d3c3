/** A server that speaks enough of Redis for a connection to stand, and answers scripts as it is told. */
import { createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** @param answer raw bytes, and after how many ms, for each call of a script. */
export async function fakeServer(
  answer: (script: number) => { readonly bytes: Buffer | string; readonly after: number },
): Promise<string> {
  const sockets = new Set<Socket>();
  let calls = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    let buffered = Buffer.alloc(0);
    socket.on("data", (data) => {
      buffered = Buffer.concat([buffered, data]);
      for (;;) {
        const parsed = command(buffered);
        if (parsed === undefined) return;
        buffered = buffered.subarray(parsed.length);
        const [name = ""] = parsed.words;
        if (/^eval/i.test(name)) {
          const { bytes, after } = answer(calls++);
          setTimeout(() => socket.destroyed || socket.write(bytes), after);
        } else if (/^info$/i.test(name)) {
          const info = "redis_version:7.0.0\r\nloading:0\r\n";
          socket.write(`$${info.length}\r\n${info}\r\n`);
        } else if (/^time$/i.test(name)) {
          const s = `${Math.floor(Date.now() / 1000)}`;
          socket.write(`*2\r\n$${s.length}\r\n${s}\r\n$1\r\n0\r\n`);
        } else if (/^(zadd|zrem|zremrangebyscore|zcard|pexpire)$/i.test(name))
          socket.write(":1\r\n");
        else socket.write("+OK\r\n");
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `redis://127.0.0.1:${(server.address() as { port: number }).port}`;
}

function command(data: Buffer): { words: string[]; length: number } | undefined {
  let at = 0;
  const line = () => {
    const end = data.indexOf("\r\n", at);
    if (end < 0) return undefined;
    const text = data.toString("latin1", at, end);
    at = end + 2;
    return text;
  };
  const head = line();
  if (head === undefined) return undefined;
  const words: string[] = [];
  for (let i = 0; i < Number(head.slice(1)); i++) {
    const size = line();
    if (size === undefined) return undefined;
    const length = Number(size.slice(1));
    if (data.length < at + length + 2) return undefined;
    words.push(data.toString("latin1", at, at + length));
    at += length + 2;
  }
  return { words, length: at };
}

export const bulk = (bytes: Buffer) =>
  Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n")]);

export function doubles(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8 * numbers.length);
  numbers.forEach((each, i) => {
    bytes.writeDoubleLE(each, 8 * i);
  });
  return bytes;
}
