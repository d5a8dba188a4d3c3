/** What the contract's suite needs of a framework: the app of handlers.ts, guarded by config.ts, on a port. */
import type { ContractEnvironment } from "../environment.ts";

export const targetNames = [
  "express",
  "koa",
  "fastify",
  "hono",
  "nest-express",
  "nest-fastify",
  "next",
] as const;
export type TargetName = (typeof targetNames)[number];

export interface Target {
  readonly name: TargetName;
  /** Starts the app, with counters at zero, on 127.0.0.1; in this process or, by `toVariables`, in another. */
  start(environment: ContractEnvironment): Promise<RunningTarget>;
}

export interface RunningTarget {
  readonly port: number;
  close(): Promise<unknown>;
}
