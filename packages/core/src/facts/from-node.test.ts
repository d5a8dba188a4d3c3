import { createServer, type IncomingMessage, type Server } from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Facts, header, singleHeader } from "./facts.ts";
import { factsFromExpress, factsFromFastify, factsFromNode } from "./from-node.ts";

let server: Server;
let handle: (request: IncomingMessage) => void = () => undefined;

beforeAll(async () => {
  server = createServer((request, response) => {
    handle(request);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

/** Sends a request as these very lines and gives what `read` made of its facts. */
function received<T>(
  lines: string[],
  read: (facts: Facts, request: IncomingMessage) => T,
  ip?: string,
): Promise<T> {
  return new Promise((resolve, reject) => {
    handle = (request) => {
      try {
        resolve(
          read(
            factsFromNode(request, { readIp: ip === undefined ? undefined : () => ip }),
            request,
          ),
        );
      } catch (error) {
        reject(error);
      }
    };
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.on("error", reject);
    socket.on("data", (data) => {
      if (!String(data).startsWith("HTTP/1.1 200")) reject(new Error(String(data)));
    });
    socket.end(`${[...lines, "Connection: close"].join("\r\n")}\r\n\r\n`);
  });
}

describe("factsFromNode", () => {
  it("gives the request as it came, and the other end of the connection", async () => {
    const seen = await received(["POST /a?b=1 HTTP/1.1", "Host: x", "X-Api-Key: k"], (facts) => ({
      method: facts.method,
      originalMethod: facts.originalMethod,
      url: facts.url,
      key: header(facts, "x-api-key"),
      ip: facts.ip,
      peer: facts.peer,
    }));
    expect(seen).toEqual({
      method: "POST",
      originalMethod: undefined,
      url: "/a?b=1",
      key: "k",
      ip: "127.0.0.1",
      peer: "127.0.0.1",
    });
  });

  it("shows both of two Authorization headers, of which Node keeps the first", async () => {
    const lines = [
      "GET / HTTP/1.1",
      "Host: x",
      "Authorization: Bearer a",
      "aUTHORIZATION: Bearer b",
    ];
    const seen = await received(lines, (facts, request) => ({
      node: request.headers.authorization,
      all: header(facts, "authorization"),
      single: singleHeader(facts, "authorization"),
      host: header(facts, "host"),
    }));
    expect(seen).toEqual({
      node: "Bearer a",
      all: ["Bearer a", "Bearer b"],
      single: undefined,
      host: "x",
    });
  });

  it("shows both of two Host headers", async () => {
    const lines = ["GET / HTTP/1.1", "Host: a.example", "Host: b.example"];
    expect(await received(lines, (facts) => header(facts, "host"))).toEqual([
      "a.example",
      "b.example",
    ]);
  });

  it("lets no repeated header that Flux reads pass for a single one", async () => {
    for (const name of ["Origin", "Sec-Fetch-Site", "X-Api-Key"]) {
      const lines = ["GET / HTTP/1.1", "Host: x", `${name}: same-origin`, `${name}: other`];
      const value = await received(lines, (facts) => singleHeader(facts, name.toLowerCase()));
      expect(value).not.toBe("same-origin");
      expect(value).not.toBe("other");
    }
  });

  it("hands Node's own record on, and once only looks at it, where nothing is repeated", async () => {
    const lines = ["GET / HTTP/1.1", "Host: x", "Authorization: Bearer a"];
    await received(lines, (facts, request) => {
      expect(facts.headers).toBe(request.headers);
      expect(facts.headers).toBe(facts.headers);
    });
  });

  it("takes the framework's word for the address, the first path and the first method", async () => {
    const seen = await received(["GET /inner HTTP/1.1", "Host: x"], (_, request) => {
      Object.assign(request, { originalUrl: "/outer/inner", originalMethod: "POST" });
      const facts = factsFromNode(request, { readIp: () => "192.0.2.1" });
      return [facts.url, facts.method, facts.originalMethod, facts.ip, facts.peer];
    });
    expect(seen).toEqual(["/outer/inner", "GET", "POST", "192.0.2.1", "127.0.0.1"]);
  });

  it("asks for the address only when it is read", async () => {
    let asked = 0;
    await received(["GET / HTTP/1.1", "Host: x"], (_, request) => {
      const readIp = () => {
        asked++;
        return undefined;
      };
      const facts = factsFromNode(request, { readIp });
      expect([facts.method, facts.url, facts.headers].length).toBe(3);
      expect(asked).toBe(0);
      expect(facts.ip).toBe("127.0.0.1");
      expect(asked).toBe(1);
    });
  });
});

describe("HTTP/2", () => {
  const seen = (headers: Record<string, string | string[]>): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const server = createHttp2Server((request, response) => {
        resolve(header(factsFromNode(request as unknown as IncomingMessage), "host"));
        response.end();
      });
      server.listen(0, "127.0.0.1", () => {
        const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
        const stream = client.request({ ":path": "/", ...headers });
        stream.on("error", reject);
        stream.on("close", () => {
          client.close();
          server.close();
        });
        stream.resume();
      });
    });

  it("names the host in :authority", async () => {
    expect(await seen({ ":authority": "acme.example.com" })).toBe("acme.example.com");
    expect(await seen({ ":authority": "a.example", host: "a.example" })).toBe("a.example");
  });

  it("shows both where a host header says something else", async () => {
    expect(await seen({ ":authority": "a.example", host: "b.example" })).toEqual([
      "a.example",
      "b.example",
    ]);
  });
});

describe("routedUrl", () => {
  const routed = (request: object) =>
    factsFromNode({ headers: {}, ...request } as unknown as IncomingMessage).routedUrl;

  it("is what leads to the handler, where it is not what was sent", () => {
    expect(routed({ originalUrl: "/de/a?b", baseUrl: "", url: "/a?b" })).toBe("/a?b");
    expect(routed({ originalUrl: "/v1/old/7", baseUrl: "/v1", url: "/new/7" })).toBe("/v1/new/7");
  });

  it("is told of an absolute target as well, which Express keeps absolute", () => {
    const sent = { originalUrl: "http://h/v1/admin/x", baseUrl: "", url: "http://h/admin/x" };
    expect(routed(sent)).toBe("http://h/admin/x");
    const mounted = { originalUrl: "http://h/v1/old?a", baseUrl: "/v1", url: "http://h/new?a" };
    expect(routed(mounted)).toBe("http://h/v1/new?a");
  });

  it("is absent where nothing was rewritten", () => {
    expect(routed({ url: "/a" })).toBeUndefined();
    expect(routed({ originalUrl: "/a", baseUrl: "", url: "/a" })).toBeUndefined();
    expect(routed({ originalUrl: "/v1/a?b", baseUrl: "/v1", url: "/a?b" })).toBeUndefined();
  });

  it("is absent where it cannot be told", () => {
    // Connect does not say what it cut off; an absolute target is cut in its middle.
    expect(routed({ originalUrl: "/v1/a", url: "/a" })).toBeUndefined();
    expect(
      routed({ originalUrl: "http://h/v1/a", baseUrl: "/v1", url: "http://h/a" }),
    ).toBeUndefined();
  });
});

describe("what a framework knows", () => {
  const node = { url: "/", headers: {}, socket: { remoteAddress: "192.0.2.1" } };

  it("is Express's address, and its route below the router's mount", () => {
    const of = (more: object) => factsFromExpress({ ...node, ...more } as never);
    const routed = of({ ip: "192.0.2.7", baseUrl: "/v1", route: { path: "/reports/:id" } });
    expect(routed).toMatchObject({ ip: "192.0.2.7", pattern: "/v1/reports/:id" });
    expect(of({ route: { path: /^.x/ } })).toMatchObject({ ip: "192.0.2.1", pattern: undefined });
    expect(of({ baseUrl: "/v1" }).pattern).toBeUndefined();
  });

  it("is Fastify's address, and the target that rewriteUrl made", () => {
    const of = (raw: object) =>
      factsFromFastify({ raw: { ...node, ...raw }, ip: "192.0.2.7" } as never, { pattern: "/a/*" });
    const rewritten = { ip: "192.0.2.7", pattern: "/a/*", url: "/old", routedUrl: "/new" };
    expect(of({ originalUrl: "/old", url: "/new" })).toMatchObject(rewritten);
    expect(of({ originalUrl: "/a", url: "/a" }).routedUrl).toBeUndefined();
    expect(of({ url: "/a" })).toMatchObject({ url: "/a", routedUrl: undefined });
  });
});
