/** The app's own tests: its handlers and its proxy as functions, without a server or anybody to sign in with. */
import { NextRequest } from "next/server";
import { beforeEach, expect, test, vi } from "vitest";
import { POST } from "./app/api/exports/route.ts";
import { proxy } from "./proxy.ts";
import { flux } from "./testing.ts";

vi.mock("./flux.ts", () => import("./testing.ts"));
beforeEach(() => flux.reset());

const request = (line: string, headers: Record<string, string> = {}) => {
  const [method, path] = line.split(" ");
  return new NextRequest(`http://app.test${path}`, { method, headers });
};
const ann = () => flux.asPrincipal({ subject: "ann", tenant: "acorn" });
const ben = () => flux.asPrincipal({ subject: "ben", tenant: "birch" });
const handle = (headers?: Record<string, string>) =>
  POST(request("POST /api/exports", headers), { params: Promise.resolve({}) });

test("the plan decides who may export", async () => {
  const refused = await handle(ann());
  expect(refused.status).toBe(402);
  expect(await refused.json()).toMatchObject({
    code: "feature_unavailable",
    remedy: { plans: ["pro"] },
  });
  const started = await handle(ben());
  expect(started.status).toBe(202);
  expect(await started.json()).toEqual({ export: "started", for: "birch" });
});

test("a customer who buys can export at once", async () => {
  flux.withPlan("acorn", "pro");
  expect((await handle(ann())).status).toBe(202);
});

test("ten exports at once, and one more a second later", async () => {
  for (let asked = 0; asked < 10; asked++) expect((await handle(ben())).status).toBe(202);
  const refused = await handle(ben());
  expect(refused.status).toBe(429);
  expect(refused.headers.get("retry-after")).toBe("1");
  flux.clock.advance("1s");
  expect((await handle(ben())).status).toBe(202);
});

test("the proxy sends people to sign in, and tells programs why not", async () => {
  const page = await proxy(request("GET /reports", { accept: "text/html" }));
  expect([page.status, page.headers.get("location")]).toEqual([303, "http://app.test/sign-in"]);
  const api = await proxy(request("POST /api/exports"));
  expect(api.status).toBe(401);
  expect(await api.json()).toMatchObject({ code: "unauthenticated" });
  expect(flux.decisions.map(({ code }) => code)).toEqual(["unauthenticated", "unauthenticated"]);
});

test("what the proxy lets through goes on to Next", async () => {
  for (const line of ["GET /", "GET /sign-in"])
    expect((await proxy(request(line))).headers.get("x-middleware-next")).toBe("1");
  expect((await proxy(request("GET /reports", ann()))).headers.get("x-middleware-next")).toBe("1");
});
