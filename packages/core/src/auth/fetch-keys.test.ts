import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bearer, setUp, TestIssuer } from "./test-issuer.ts";

const second = 1_000;
const minute = 60_000;
const accepted = expect.objectContaining({ subject: "alice" });
const unavailable = expect.objectContaining({ code: "unavailable" });

describe("over the network", () => {
  let idp: TestIssuer;
  let server: Server;
  let origin: string;
  let respond: (path: string) => {
    status?: number;
    headers?: Record<string, string>;
    body: string;
  };
  let paths: string[];

  beforeEach(async () => {
    paths = [];
    server = createServer((request, response) => {
      paths.push(request.url ?? "");
      const { status = 200, headers = {}, body } = respond(request.url ?? "");
      response.writeHead(status, headers).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    idp = new TestIssuer(origin);
    await idp.addKey("one");
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const discovery = (extra: object = {}) =>
    JSON.stringify({ issuer: idp.issuer, jwks_uri: `${origin}/keys`, ...extra });
  const judge = async (config: object = { jwks: undefined }) => {
    const { identify } = setUp({ jwt: [{ ...idp.config, fetch: undefined, ...config }] });
    return identify(bearer(await idp.token("one")));
  };
  const keys = () => JSON.stringify(idp.jwks);

  it("keys are found by discovery, or fetched from where the config says", async () => {
    respond = (path) => ({ body: path === "/keys" ? keys() : discovery() });
    expect(await judge()).toEqual(accepted);
    expect(paths).toEqual(["/.well-known/openid-configuration", "/keys"]);
    expect(await judge({ jwks: new URL(`${origin}/keys`) })).toEqual(accepted);
    expect(await judge({ jwks: `${origin}/keys` })).toEqual(accepted);
    expect(paths.slice(2)).toEqual(["/keys", "/keys"]);
  });

  it("the place of the keys is believed for an hour, and looked up anew when it fails", async () => {
    let place = "/keys";
    respond = (path) =>
      path.startsWith("/.well-known")
        ? { body: discovery({ jwks_uri: origin + place }) }
        : path === place
          ? { body: keys() }
          : { status: 404, body: "" };
    const { authenticator, clock } = setUp({
      jwt: [{ ...idp.config, fetch: undefined, jwks: undefined }],
    });
    await authenticator.ready();
    clock.pass(5 * minute);
    await authenticator.ready();
    expect(paths).toEqual(["/.well-known/openid-configuration", "/keys", "/keys"]);

    place = "/moved";
    clock.pass(5 * minute);
    await expect(authenticator.ready()).rejects.toThrow(origin);
    clock.pass(second);
    await authenticator.ready();
    expect(paths.slice(3)).toEqual(["/keys", "/.well-known/openid-configuration", "/moved"]);

    clock.pass(60 * minute);
    await authenticator.ready();
    expect(paths.slice(6)).toEqual(["/.well-known/openid-configuration", "/moved"]);
  });

  it.each(["/", "/tenant", "/tenant/"])("an issuer that ends in %s is discovered", async (end) => {
    const issuer = new TestIssuer(`${origin}${end}`);
    await issuer.addKey("one");
    idp = issuer;
    respond = (path) => ({ body: path === "/keys" ? keys() : discovery() });
    expect(await judge()).toEqual(accepted);
    const folder = end.replace(/\/$/, "");
    expect(paths[0]).toBe(`${folder}/.well-known/openid-configuration`);
  });

  it.each([
    ["another issuer's", { issuer: "https://evil.example.com" }],
    ["nobody's", { issuer: undefined }],
    ["without keys", { jwks_uri: undefined }],
    ["with keys at no address", { jwks_uri: "keys" }],
    ["with keys over plain http", { jwks_uri: "http://evil.example.com/keys" }],
    ["with keys in a file", { jwks_uri: "file:///etc/keys" }],
  ])("a discovery document that is %s is not followed", async (_what, extra) => {
    respond = () => ({ body: discovery(extra) });
    const asked: string[] = [];
    const watched = (url: URL, init: RequestInit) => {
      asked.push(String(url));
      return asked.length === 1 ? fetch(url, init) : Promise.resolve(Response.json(idp.jwks));
    };
    expect(await judge({ jwks: undefined, fetch: watched })).toEqual(unavailable);
    expect(asked).toEqual([`${origin}/.well-known/openid-configuration`]);
  });

  it("a redirect is not followed", async () => {
    respond = (path) =>
      path === "/keys"
        ? { status: 302, headers: { location: "/elsewhere" }, body: "" }
        : { body: path === "/elsewhere" ? keys() : discovery() };
    expect(await judge()).toEqual(unavailable);
    expect(paths).not.toContain("/elsewhere");
  });

  it("a document of more than a mebibyte is not read", async () => {
    const size = 1_048_576;
    const padded = (length: number) => ({ body: keys().padEnd(length) });
    const config = { jwks: new URL(`${origin}/keys`) };
    respond = () => padded(size);
    expect(await judge(config)).toEqual(accepted);
    respond = () => padded(size + 1);
    expect(await judge(config)).toEqual(unavailable);
  });

  it("a connection that breaks is an outage", async () => {
    respond = () => ({ headers: { "content-length": "100" }, body: keys().slice(0, 10) });
    server.on("request", (_, response) => response.destroy());
    expect(await judge()).toEqual(unavailable);
  });
});

it("a fetch that takes too long is given up, even one that does not heed its signal", async () => {
  const idp = new TestIssuer();
  await idp.addKey("one");
  const original = AbortSignal.timeout;
  const asked: number[] = [];
  AbortSignal.timeout = (milliseconds) => {
    asked.push(milliseconds);
    const controller = new AbortController();
    setImmediate(() => controller.abort(new DOMException("too slow", "TimeoutError")));
    return controller.signal;
  };
  try {
    idp.answer = () => new Promise(() => undefined);
    const { identify } = setUp({ jwt: [idp.config] });
    expect(await identify(bearer(await idp.token("one")))).toEqual(unavailable);
  } finally {
    AbortSignal.timeout = original;
  }
  expect(asked).toEqual([5_000]);
});
