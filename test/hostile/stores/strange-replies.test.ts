/** What a server, or a proxy before it, answers that is no answer of the script: no process ends of it. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bulk, doubles, fakeServer } from "./fake-server.ts";

function run(url: string): Promise<{ code: number | null; told: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, "victim.ts"), url], {
      stdio: "pipe",
    });
    let told = "";
    child.stdout.on("data", (data) => {
      told += data;
    });
    child.stderr.on("data", (data) => {
      told += data;
    });
    child.once("close", (code) => resolve({ code, told }));
  });
}

const now = Date.now() * 1000;
const replies: [string, Buffer | string][] = [
  ["a status", "+OK\r\n"],
  ["nothing", "$-1\r\n"],
  ["an integer", ":1\r\n"],
  ["an array", "*1\r\n:1\r\n"],
  ["a short text", bulk(Buffer.from("no"))],
  ["numbers of another length", bulk(doubles(1, now, 1, 1, 1))],
  ["numbers that are none, allowed", bulk(doubles(1, Number.NaN, 1, 1, Number.NaN, Number.NaN, 0))],
  ["numbers that are none, refused", bulk(doubles(0, Number.NaN, 0, 0, Number.NaN, Number.NaN, 0))],
  ["numbers without end, refused", bulk(doubles(0, now, 0, 0, Infinity, 0, 0))],
  ["an array of arrays of arrays", "*1\r\n".repeat(200_000)],
  ["no RESP", "HTTP/1.1 400 Bad Request\r\n\r\n"],
];

for (const after of [0, 100])
  test.concurrent.each(replies)(
    `%s after ${after} ms`,
    async (what, bytes) => {
      const url = await fakeServer(() => ({ bytes, after }));
      const { code, told } = await run(url);
      expect(told).toContain("alive");
      expect(code).toBe(0);
      // What is no answer is no word of the store: `onError` decides, and the decision says so.
      for (const line of told.split("\n").filter((each) => /^(true|false) \d/.test(each)))
        expect(line, what).toContain("store");
      expect(told).not.toContain("Infinity");
    },
    30_000,
  );
