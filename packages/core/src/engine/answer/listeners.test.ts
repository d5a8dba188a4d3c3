import { describe, expect, test } from "vitest";
import { Listeners } from "./listeners.ts";

function make(log: (message: string) => void = () => undefined) {
  let now = 0;
  const listeners = new Listeners(log, () => now);
  return { listeners, pass: (ms: number) => (now += ms) };
}

const failure = { source: "tenant", message: "tenant.load failed" };

describe("a listener that fails harms nobody", () => {
  test("by throwing", () => {
    const logged: string[] = [];
    const { listeners } = make((message) => logged.push(message));
    const heard: unknown[] = [];
    listeners.error.add(() => {
      throw new Error("sink is full");
    });
    listeners.error.add((event) => heard.push(event));
    listeners.report(failure);
    expect(heard).toEqual([failure]);
    expect(logged).toEqual(['[flux] listener: A listener of "error" threw: Error: sink is full']);
  });

  test("by rejecting, as an async function does", async () => {
    const logged: string[] = [];
    const { listeners } = make((message) => logged.push(message));
    listeners.error.add((async () => {
      throw new Error("sink is full");
    }) as () => void);
    listeners.report(failure);
    await Promise.resolve();
    await Promise.resolve();
    expect(logged).toEqual(['[flux] listener: A listener of "error" threw: Error: sink is full']);
  });
});

describe("an error that nobody listens to", () => {
  test("is logged, at most every ten seconds a source", () => {
    const logged: string[] = [];
    const { listeners, pass } = make((message) => logged.push(message));
    listeners.report({ ...failure, error: new TypeError("down") });
    pass(9_999);
    listeners.report(failure);
    listeners.report({ source: "jwks", message: "no keys" });
    pass(1);
    listeners.report(failure);
    expect(logged).toEqual([
      "[flux] tenant: tenant.load failed: TypeError: down",
      "[flux] jwks: no keys",
      "[flux] tenant: tenant.load failed",
    ]);
  });

  test("does not decide anything where the logger throws", () => {
    const { listeners } = make(() => {
      throw new Error("no log");
    });
    expect(() => listeners.report(failure)).not.toThrow();
  });
});
