import { expect, test } from "vitest";
import type { FluxError } from "../errors.ts";
import { readOptions } from "./options.ts";

const mistake = (given: unknown): string => {
  try {
    readOptions(given as string);
  } catch (error) {
    expect((error as FluxError).code).toBe("config_invalid");
    return (error as FluxError).message;
  }
  return "none";
};

test("a URL, nodes of a cluster, or sentinels say where the server is", () => {
  expect(readOptions("rediss://user:secret@cache.example.com:6380/2")).toMatchObject({
    endpoint: { kind: "server", url: "rediss://user:secret@cache.example.com:6380/2" },
    prefix: "flux",
    timeout: 50,
  });
  expect(readOptions({ cluster: ["redis://a:7000", { host: "b", port: 7001 }] }).endpoint).toEqual({
    kind: "cluster",
    nodes: ["redis://a:7000", { host: "b", port: 7001 }],
  });
  const sentinels = [{ host: "s", port: 26379 }];
  expect(readOptions({ sentinels, name: "main", timeout: "1s" })).toMatchObject({
    endpoint: { kind: "sentinel", sentinels, name: "main" },
    timeout: 1_000,
  });
});

test.each([
  [{}, "expected one of url, cluster and sentinels, got none"],
  [{ url: "redis://a", cluster: ["redis://b"] }, "got several"],
  ["localhost:6379", "url: expected redis://host:port"],
  ["http://localhost", "url: expected redis://host:port"],
  ["redis://localhost:6379/production", "the number of a database after it"],
  [undefined, "expected a URL or an object of options, got nothing"],
  [
    { cluster: [] },
    "cluster: expected an array of nodes, each redis://host:port or { host, port }, got none",
  ],
  [{ cluster: ["b:7000"] }, "cluster: expected an array of nodes"],
  [{ cluster: [null] }, "cluster: expected an array of nodes"],
  [{ cluster: "redis://b" }, "cluster: expected an array of nodes"],
  [{ sentinels: "s", name: "main" }, "sentinels: expected an array"],
  [{ url: "redis://a", connection: null }, "connection: expected options of ioredis, got null"],
  [{ url: "redis://a", connection: { role: "slave" } }, "connection.role: is the store's own"],
  [{ sentinels: [{ host: "s", port: 1 }] }, "the master's name in `name`"],
  [{ url: "redis://a", prefix: "a{b}" }, "prefix: expected a text without braces"],
  [{ url: "redis://a", timeout: "1m" }, "timeout: expected a duration from 1 ms to 10 s"],
  [{ url: "redis://a", processes: 0 }, "processes: expected a whole number of at least 1, got 0"],
  [{ url: "redis://a", retries: 3 }, "retries: is no option. Known: url"],
  [
    { url: "redis://a", connection: { maxRetriesPerRequest: 5 } },
    "connection.maxRetriesPerRequest: is the store's own",
  ],
])("%j is refused: %s", (given, message) => {
  expect(mistake(given)).toContain(message);
});

test("no mistake shows a password", () => {
  expect(mistake("http://user:secret@cache.example.com")).not.toContain("secret");
  expect(mistake({ cluster: ["user:secret@cache"] })).not.toContain("secret");
  expect(mistake({ url: "redis://user:secret@cache", timeout: -1 })).not.toContain("secret");
});
