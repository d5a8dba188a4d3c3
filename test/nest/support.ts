/** What the tests of this folder share: an app of Nest on a real socket, on each platform. */
import "reflect-metadata";
import type { AddressInfo } from "node:net";
import type { FluxModuleOptions } from "@flux/nest";
import { FluxModule } from "@flux/nest";
import {
  type INestApplication,
  type LoggerService,
  Module,
  type ModuleMetadata,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ExpressAdapter, type NestExpressApplication } from "@nestjs/platform-express";
import { FastifyAdapter } from "@nestjs/platform-fastify";

export const platforms = ["Express", "Fastify"] as const;
export type Platform = (typeof platforms)[number];

export interface Served {
  readonly app: INestApplication;
  readonly url: string;
  readonly port: number;
  /** What Nest has logged as an error. */
  readonly errors: unknown[];
  close(): Promise<void>;
}

type Options = ConstructorParameters<typeof FastifyAdapter>[0];

/** An app with these controllers and providers, guarded by this Flux. */
export function appOf(
  options: FluxModuleOptions & { guard?: boolean },
  { imports = [], ...metadata }: ModuleMetadata,
): new () => object {
  class App {}
  Module({ ...metadata, imports: [FluxModule.forRoot(options), ...imports] })(App);
  return App;
}

/** Starts an app on any free port. */
export async function start(
  platform: Platform,
  module: new () => object,
  setUp: (app: INestApplication) => unknown = () => undefined,
  fastify: Options = {},
): Promise<Served> {
  const errors: unknown[] = [];
  const logger: LoggerService = {
    log() {},
    warn() {},
    error: (message) => void errors.push(message),
  };
  const adapter =
    platform === "Express"
      ? new ExpressAdapter()
      : new FastifyAdapter({ forceCloseConnections: true, ...fastify });
  const app = await NestFactory.create<NestExpressApplication>(module, adapter, {
    logger,
    abortOnError: false,
    forceCloseConnections: true,
  });
  try {
    await setUp(app);
    await app.listen(0, "127.0.0.1");
  } catch (error) {
    await app.close();
    throw error;
  }
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { app, port, url: `http://127.0.0.1:${port}`, errors, close: () => app.close() };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body, where it is an object. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects.
  readonly json: any;
}

/** Asks, as `GET /path`. */
export async function ask(
  { url }: { readonly url: string },
  request: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): Promise<Answer> {
  const [method = "GET", path = "/"] = request.split(" ");
  const response = await fetch(url + path, {
    method,
    headers,
    redirect: "manual",
    ...(body !== undefined && { body }),
  });
  const text = await response.text();
  const json = /^[{[]/.test(text) ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, text, json };
}

/** What is left of each limit, by the header `RateLimit`. */
export const left = ({ headers }: Answer) =>
  Object.fromEntries(
    [...(headers.get("ratelimit") ?? "").matchAll(/"([\w-]+)";r=(\d+)/g)].map(([, name, r]) => [
      name,
      Number(r),
    ]),
  );

export const patience = { timeout: 4_000 };
