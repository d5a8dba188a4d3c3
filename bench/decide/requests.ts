/** Requests as a server's parser makes them, and how one is decided by each stack. */
import type { NextFunction, Request, RequestHandler, Response } from "express";
import { path } from "../scenario/app.ts";

export interface BareRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly ip: string;
}

/** Makes requests with a token each, in turn; every string is new, as it is from a socket. */
export function requestsWith(tokens: readonly string[]): () => BareRequest {
  const headers = tokens.map((token) => Buffer.from(`Bearer ${token}`, "latin1"));
  const url = Buffer.from(path, "latin1");
  let next = 0;
  return () => {
    const header = headers[next++ % headers.length] as Buffer;
    return {
      method: "POST",
      url: url.toString("latin1"),
      headers: {
        host: "api.example.com",
        "user-agent": "bench",
        accept: "*/*",
        authorization: header.toString("latin1"),
      },
      ip: "192.0.2.7",
    };
  };
}

/**
 * Runs handlers made for Express one after the other, without Express: with the little of a request and a
 * response that they touch, which costs them less than real ones would.
 * @returns whether the last one let the request pass.
 */
export function runner(handlers: readonly RequestHandler[]) {
  return (given: BareRequest): Promise<boolean> =>
    new Promise((resolve, reject) => {
      let passed = false;
      const headers: Record<string, unknown> = {};
      const response = {
        headersSent: false,
        statusCode: 200,
        setHeader: (name: string, value: unknown) => {
          headers[name] = value;
        },
        getHeader: (name: string) => headers[name],
        append: (name: string, value: unknown) => {
          headers[name] = value;
        },
        status: () => response,
        json: () => resolve(false),
        on: () => response,
      };
      const request = { ...given, app: { get: () => false }, socket: {} };
      const step = (at: number) => {
        const handler = handlers[at];
        if (handler === undefined) {
          passed = true;
          return resolve(passed);
        }
        const next = ((error?: unknown) => {
          if (error !== undefined) reject(error);
          else step(at + 1);
        }) as NextFunction;
        Promise.resolve(
          handler(request as unknown as Request, response as unknown as Response, next),
        ).catch(reject);
      };
      step(0);
    });
}
