// Each adapter from its tarball, beside its framework, on every Node. Needs `npm run build` first.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  installNodes,
  installProject,
  nodes,
  pack,
  packages,
  root,
  run,
  temporaryFolder,
  versions,
} from "./tarballs.ts";

const temporary = temporaryFolder();
const project = join(temporary, "project");

/** What an app has installed beside an adapter, in the versions that this repository tests with. */
const beside = [
  "express",
  "koa",
  "@koa/router",
  "fastify",
  "hono",
  "@hono/node-server",
  "next",
  "react",
  "react-dom",
  "@nestjs/common",
  "@nestjs/core",
  "@nestjs/platform-express",
  "reflect-metadata",
  "rxjs",
];

beforeAll(async () => {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const specs = beside.map((name) => `${name}@${manifest.devDependencies[name]}`);
  const tarballs: string[] = [];
  for (const name of packages) tarballs.push(await pack(name, temporary));
  await Promise.all([installProject(project, [...tarballs, ...specs]), installNodes()]);
});
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** Before each story: a Flux, and who asks. A story leaves in `ask` how a request is sent. */
const prologue = `
  import { once } from "node:events";
  import { createServer } from "node:http";
  import { defineFlux, generateApiKey } from "@flux/core";
  const { key, hash } = await generateApiKey();
  const flux = defineFlux({
    auth: { apiKeys: { header: "x-api-key", lookup: (given) => given === hash ? { id: "k1" } : null } },
    limits: { api: { quota: 1, window: "1h", by: "principal" } },
    routes: { "GET /health": "public", "GET /reports/:id": { limit: "api" } },
  });
  const serve = async (server) => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address();
    return (path, headers) => fetch("http://127.0.0.1:" + port + path, { headers });
  };
  let ask;
`;
const epilogue = `
  const codes = [];
  for (const [path, headers] of [
    ["/health"], ["/reports/7"], ["/reports/7", { "x-api-key": key }], ["/reports/7", { "x-api-key": key }],
  ]) codes.push((await ask(path, headers)).status);
  console.log(codes.join(" "));
  process.exit();
`;

/** The same story for each adapter. */
const stories = {
  express: `
    import express from "express";
    import { expressFlux } from "@flux/express";
    const app = express();
    app.use(expressFlux(flux)());
    app.get("/*path", (_request, response) => response.json({}));
    ask = await serve(createServer(app));`,
  koa: `
    import Koa from "koa";
    import { koaFlux } from "@flux/koa";
    const app = new Koa();
    app.use(koaFlux(flux)());
    app.use((context) => { context.body = {}; });
    ask = await serve(createServer(app.callback()));`,
  fastify: `
    import fastify from "fastify";
    import { fastifyFlux } from "@flux/fastify";
    const app = fastify();
    await app.register(fastifyFlux, { flux });
    for (const path of ["/health", "/reports/:id"]) app.get(path, () => ({}));
    await app.listen({ port: 0, host: "127.0.0.1" });
    ask = (path, headers) => fetch("http://127.0.0.1:" + app.server.address().port + path, { headers });`,
  hono: `
    import { Hono } from "hono";
    import { createAdaptorServer } from "@hono/node-server";
    import { honoFlux } from "@flux/hono";
    const app = new Hono();
    app.use(honoFlux(flux)());
    app.get("*", (context) => context.json({}));
    ask = await serve(createAdaptorServer(app));`,
  next: `
    import { NextRequest } from "next/server.js";
    import { nextFlux } from "@flux/next";
    const app = nextFlux(flux);
    const handler = app.guard(() => Response.json({}));
    ask = async (path, headers) => {
      const request = () => new NextRequest("http://app.test" + path, { headers });
      return path === "/health" ? app.proxy(request()) : handler(request(), {});
    };`,
  nest: `
    import "reflect-metadata";
    import { Controller, Get, Module } from "@nestjs/common";
    import { NestFactory } from "@nestjs/core";
    import { FluxModule } from "@flux/nest";
    class Reports { health() { return {}; } report() { return {}; } }
    const method = (name, path) => Get(path)(Reports.prototype, name, Object.getOwnPropertyDescriptor(Reports.prototype, name));
    method("health", "health");
    method("report", "reports/:id");
    Controller()(Reports);
    class App {}
    Module({ imports: [FluxModule.forRoot({ flux })], controllers: [Reports] })(App);
    const app = await NestFactory.create(App, { logger: false });
    await app.listen(0, "127.0.0.1");
    ask = (path, headers) => fetch("http://127.0.0.1:" + app.getHttpServer().address().port + path, { headers });`,
} satisfies Record<Exclude<(typeof packages)[number], "core">, string>;

describe.each(versions)("on Node %s", (version) => {
  const execute = async (file: string, code: string) => {
    writeFileSync(join(project, file), code);
    const { stdout, stderr } = await run(nodes[version], ["--no-warnings", file], { cwd: project });
    return stdout + stderr;
  };

  test.each(Object.entries(stories))("@flux/%s decides", async (name, story) => {
    const code = [prologue, story, epilogue].join("\n");
    expect(await execute(`${name}-${version}.mjs`, code)).toBe("200 401 200 429\n");
  });

  test.each(Object.keys(stories))("@flux/%s can be required from CommonJS", async (name) => {
    const code = `console.log(Object.keys(require("@flux/${name}")).length > 0);`;
    expect(await execute(`${name}-${version}.cjs`, code)).toBe("true\n");
  });
});
