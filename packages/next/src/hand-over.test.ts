import { type Decision, defineFlux } from "@flux/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { callOf } from "./call.ts";
import { HandOver } from "./hand-over.ts";

const meetingPlace = Symbol.for("@flux/next:hand-over");
const quiet = { warn: () => undefined, error: () => undefined };
const define = () =>
  defineFlux({
    auth: { custom: () => ({ subject: "ann", cookie: false }) },
    limits: { api: { quota: 60, window: "1m", by: "principal" } },
    routes: { "GET /api": { limit: "api" } },
    logger: quiet,
  });
const request = (path = "/api", method = "GET") =>
  new Request(`http://app.test${path}`, { method });
const decide = (flux: ReturnType<typeof define>): Promise<Decision> | Decision =>
  flux.decide({ method: "GET", url: "/api", headers: {} });
/** Another process, or runtime, shares nothing. */
const forgetEverything = () => Reflect.deleteProperty(globalThis, meetingPlace);

let warn: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  forgetEverything();
  warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
});
afterEach(() => {
  vi.useRealTimers();
  warn.mockRestore();
});

async function given(secret?: string) {
  const flux = define();
  const headers = new Headers();
  await new HandOver(flux, secret).give(await decide(flux), request(), headers);
  return { flux, headers };
}

test("in one process a receipt is there once, for its own call", async () => {
  const { flux, headers } = await given();
  const handOver = new HandOver(flux, undefined);
  expect(await handOver.take(headers, callOf(request()))).toMatchObject({ receipts: [{}] });
  expect(await handOver.take(headers, callOf(request()))).toBeUndefined();
});

test.each([
  ["another path", request("/other")],
  ["another method", request("/api", "POST")],
])("it is none for %s", async (_name, other) => {
  const { flux, headers } = await given();
  expect(await new HandOver(flux, undefined).take(headers, callOf(other))).toBeUndefined();
});

test("it is none after ten seconds", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const { flux, headers } = await given();
  vi.advanceTimersByTime(10_001);
  expect(await new HandOver(flux, undefined).take(headers, callOf(request()))).toBeUndefined();
});

test("what nobody takes is forgotten when another comes", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  await given();
  vi.advanceTimersByTime(10_001);
  await given();
  const { waiting } = (globalThis as never)[meetingPlace] as { waiting: Map<string, unknown> };
  expect(waiting.size).toBe(1);
});

const secret = "a secret of at least thirty-two bytes";

test("between processes a signed receipt says so, and nobody is warned", async () => {
  const { headers } = await given(secret);
  forgetEverything();
  const taken = await new HandOver(define(), secret).take(headers, callOf(request()));
  expect(taken).toMatchObject({ receipts: [{ owner: "principal:custom|ann" }] });
  expect(warn).not.toHaveBeenCalled();
});

test.each([
  ["no secret here", undefined],
  ["another secret here", "another secret of thirty-two bytes!!"],
])("with %s the guard charges again, and warns once", async (_name, here) => {
  const { headers } = await given(secret);
  forgetEverything();
  const handOver = new HandOver(define(), here);
  for (let asked = 0; asked < 2; asked++)
    expect(await handOver.take(headers, callOf(request()))).toBeUndefined();
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls[0]?.[0]).toContain("receiptSecret");
});

test("nothing is handed over where nothing was charged", async () => {
  const flux = define();
  const headers = new Headers();
  const decision = await flux.decide({ method: "GET", url: "/none", headers: {} });
  await new HandOver(flux, secret).give(decision, request(), headers);
  expect([...headers]).toEqual([]);
});
