/** A config that opens paths of the same name elsewhere opens nothing inside a mount, however the target is written. */
import { defineFlux } from "@flux/core";
import { koaFlux } from "@flux/koa";
import express from "express";
import Koa from "koa";
import mount from "koa-mount";
import { afterEach, describe, expect, test } from "vitest";
import { quiet, raw, type Served, serve } from "../express/support.ts";

let api: Served | undefined;
afterEach(() => api?.close());

const inner = (unmatched: "authenticated" | "deny") => {
  const guard = koaFlux(
    defineFlux({
      routes: { "GET /": "public", "GET /health": "public", "GET /api/health": "public" },
      unmatched,
      logger: quiet,
    }),
  );
  return new Koa().use(guard()).use((ctx) => {
    ctx.body = `handled ${ctx.path}`;
  });
};

const targets = (prefix: string) =>
  [prefix, `${prefix}/health`].flatMap((path) => [path, `${path}?a=/b`, `http://h.test${path}`]);

describe.each(["authenticated", "deny"] as const)("where what no route matches is %s", (rule) => {
  const expected = rule === "deny" ? 403 : 401;

  test.each(targets("/admin"))("in a mount: %s", async (target) => {
    api = await serve(new Koa().use(mount("/admin", inner(rule))).callback());
    expect((await raw(api.port, `GET ${target} HTTP/1.1`)).status).toBe(expected);
  });

  test.each(targets("/a/b"))("in a mount inside a mount: %s", async (target) => {
    const outer = new Koa().use(mount("/b", inner(rule)));
    api = await serve(new Koa().use(mount("/a", outer)).callback());
    expect((await raw(api.port, `GET ${target} HTTP/1.1`)).status).toBe(expected);
  });

  test.each(targets("/api/admin"))("in a mount inside Express: %s", async (target) => {
    const koa = new Koa().use(mount("/admin", inner(rule)));
    api = await serve(express().use("/api", koa.callback()));
    const { status } = await raw(api.port, `GET ${target} HTTP/1.1`);
    expect([expected, 404]).toContain(status);
  });
});

test("what the config opens by its full path is open in a mount", async () => {
  const guard = koaFlux(defineFlux({ routes: { "GET /admin/health": "public" }, logger: quiet }));
  const app = new Koa().use(guard()).use((ctx) => {
    ctx.body = "up";
  });
  api = await serve(new Koa().use(mount("/admin", app)).callback());
  for (const target of ["/admin/health", "http://h.test/admin/health"])
    expect((await raw(api.port, `GET ${target} HTTP/1.1`)).status).toBe(200);
});
