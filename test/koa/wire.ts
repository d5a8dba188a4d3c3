/**
 * What clients get from Express, byte for byte, for any other framework to be held against: the same Flux
 * is asked the same requests in the same order, at the same time of its clock.
 */
import { defineFlux, type Flux, hashApiKey } from "@flux/core";
import { expressFlux } from "@flux/express";
import express from "express";
import { open, quiet, serve } from "../express/support.ts";

const keys = { free: "the-key-of-a-free-tenant", pro: "the-key-of-a-pro-tenant" } as const;
const as = (caller: keyof typeof keys) => `X-Api-Key: ${keys[caller]}`;
const forged = "Authorization: Bearer eyJhbGciOiJub25lIn0.e30.";

export const defineWire = () =>
  defineFlux({
    auth: {
      jwt: { issuer: "test", audience: false, secret: "a secret of thirty-two bytes, or so" },
      apiKeys: {
        header: "x-api-key",
        async lookup(hash) {
          for (const plan of ["free", "pro"] as const)
            if (hash === (await hashApiKey(keys[plan])))
              return { id: plan, tenant: plan, scopes: "reports:read" };
          return undefined;
        },
      },
    },
    tenant: { from: { claim: "org_id" }, load: (id) => ({ plan: id === "pro" ? "pro" : "free" }) },
    features: { exports: { kind: "boolean" }, tokens: { kind: "metered", per: "month" } },
    plans: {
      free: { features: { tokens: 100 } },
      pro: { extends: "free", features: { exports: true, tokens: 1_000 } },
    },
    flags: {
      beta: { state: "ENABLED", variants: { on: true, off: false }, defaultVariant: "off" },
    },
    limits: {
      api: { quota: 60, window: "1m", burst: 2, by: "tenant" },
      doorbell: { quota: 60, window: "1m", burst: 2, by: "ip" },
    },
    routes: {
      "GET /open": "public",
      "POST /ring": { auth: "none", limit: "doorbell" },
      "GET /me": {},
      "GET /scoped": { scopes: ["reports:read", "reports:write"] },
      "GET /staff": { roles: "staff" },
      "GET /beta": { flag: "beta" },
      "GET /exports": { feature: "exports" },
      "GET /limited": { limit: "api" },
      "POST /chat": { use: { tokens: 60 } },
      "POST /huge": { limit: "api", cost: 3 },
      "* /on/:kind": { roles: "nobody" },
    },
    onDenied: (_decision, { url }) => onDenied[url]?.(),
    now: () => Date.UTC(2030, 0, 31, 12),
    logger: quiet,
  });

const page = "<h1>Nö.</h1>";
type Denied = Partial<{
  status: number;
  headers: Record<string, string>;
  body: string | Uint8Array;
}>;
const onDenied: Record<string, () => Denied | Response | Promise<Denied> | undefined> = {
  "/on/nothing": () => undefined,
  "/on/object": () => ({ status: 418, headers: { "Content-Type": "text/plain" }, body: "tea" }),
  "/on/body": () => ({ body: "only this" }),
  "/on/bytes": () => ({ status: 403, body: new Uint8Array([0x68, 0x69]) }),
  "/on/empty": () => ({ status: 403 }),
  "/on/204": () => ({ status: 204 }),
  "/on/later": async () => ({ status: 410, body: "gone" }),
  "/on/page": () => new Response(page, { headers: { "Content-Type": "text/html; charset=utf-8" } }),
  "/on/untyped": () => new Response(new Uint8Array([1, 2, 3]), { status: 402 }),
  "/on/redirect": () => Response.redirect("https://sign.in/", 302),
  "/on/cookies"() {
    const headers = new Headers({ Location: "/sign-in" });
    headers.append("Set-Cookie", "a=1; Path=/");
    headers.append("Set-Cookie", "b=2; Path=/");
    return new Response(null, { status: 303, headers });
  },
};

const requests: readonly (readonly [line: string, ...headers: string[]])[] = [
  ["GET /open"],
  ["GET /me"],
  ["HEAD /me"],
  ["GET /me", forged],
  ["GET /me", as("free")],
  ["GET /me%2f", as("free")],
  ["GET /scoped", as("free")],
  ["GET /staff", as("free")],
  ["GET /beta", as("free")],
  ["GET /exports", as("free")],
  ["GET /exports", as("pro")],
  ["GET /nowhere"],
  ["GET /limited", as("free")],
  ["GET /limited", as("free")],
  ["GET /limited", as("free")],
  ["HEAD /limited", as("free")],
  ["POST /huge", as("pro")],
  ["POST /chat", as("free")],
  ["POST /chat", as("free")],
  ["POST /ring"],
  ["POST /ring"],
  ["POST /ring"],
  ...Object.keys(onDenied).flatMap((path) => [[`GET ${path}`] as const, [`HEAD ${path}`] as const]),
];

export interface WireAnswer {
  readonly request: string;
  /** The status line and the headers as they came; of a handler's own answer those of Flux alone. */
  readonly head: readonly string[];
  /** Of a denied request. */
  readonly body: string | undefined;
}

/** Headers that tell of the connection, and a length without a body, which some frameworks tell. */
const ignored = (line: string) =>
  line.startsWith("HEAD")
    ? /^(date|connection|keep-alive|content-length):/i
    : /^(date|connection|keep-alive):/i;

/** What an app that is guarded by `defineWire` answers, its handlers with the header `x-handled`. */
export async function wireAnswers(port: number): Promise<WireAnswer[]> {
  const answers: WireAnswer[] = [];
  for (const [line, ...headers] of requests) {
    const socket = await open(port);
    const request = [`${line} HTTP/1.1`, "Host: api.test", "Connection: close", ...headers];
    socket.write(`${request.join("\r\n")}\r\n\r\n`);
    let text = "";
    for await (const chunk of socket) text += String(chunk);
    const end = text.indexOf("\r\n\r\n");
    const head = text.slice(0, end).split("\r\n");
    const isHandled = head.some((field) => /^x-handled:/i.test(field));
    answers.push({
      request: [line, ...headers].join(" "),
      head: head
        .filter((field) =>
          isHandled ? /^(HTTP|RateLimit)/.test(field) : !ignored(line).test(field),
        )
        // This one belongs to the framework, which may write it as it likes.
        .map((field) => field.replace(/^content-length/, "Content-Length")),
      body: isHandled ? undefined : text.slice(end + 4),
    });
  }
  return answers;
}

/** What Express makes of it. */
export async function expressAnswers(flux: Flux = defineWire() as never): Promise<WireAnswer[]> {
  const app = express().disable("x-powered-by");
  app.use(expressFlux(flux)());
  app.all("/*path", (_request, response) => {
    response.set("x-handled", "yes").end();
  });
  const api = await serve(app);
  const answers = await wireAnswers(api.port);
  await api.close();
  return answers;
}
