/**
 * One server in a process of its own, started by `startServer` of server.ts. It tells its address, and when
 * asked, what it has used so far. It ends with whoever has started it.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { type Served, serve } from "./ways.ts";

/** What a server has used since it started. */
export interface Used {
  /** CPU time of all threads in user and kernel mode, µs, as the operating system accounts it. */
  readonly cpu: number;
  /** Requests that came. */
  readonly requests: number;
  /** Charges that were answered without the counters' store. */
  readonly failures: number;
}

export type Told = { readonly port: number } | Used;

const app = express();
const failures = await serve(app, JSON.parse(process.argv[2] ?? "") as Served);
const server = createServer(app);
let requests = 0;
server.on("request", () => requests++);

const tell = (told: Told) => process.send?.(told);
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  tell({ cpu: user + system, requests, failures: failures() });
});
process.on("disconnect", () => process.exit());
server.listen(0, "127.0.0.1", () => tell({ port: (server.address() as AddressInfo).port }));
