import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Breaker } from "./breaker.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A breaker that has just opened. */
function opened(): Breaker {
  const breaker = new Breaker();
  for (let i = 0; i < 5; i++) {
    expect(breaker.permits()).toBe(true);
    breaker.silent();
  }
  expect(breaker.permits()).toBe(false);
  return breaker;
}

test("a few that are not answered are no reason, where others are", () => {
  const breaker = new Breaker();
  for (let i = 0; i < 100; i++) {
    breaker.silent();
    breaker.silent();
    breaker.answered();
  }
  expect(breaker.permits()).toBe(true);
});

test("after a while one call goes through, and an answer closes it", () => {
  const breaker = opened();
  vi.advanceTimersByTime(650);
  expect(breaker.permits()).toBe(true);
  expect(breaker.permits()).toBe(false);
  breaker.answered();
  expect(breaker.permits()).toBe(true);
  expect(breaker.permits()).toBe(true);
});

test("silence opens it for longer each time, up to a few seconds", () => {
  const breaker = opened();
  for (let i = 0; i < 10; i++) {
    vi.advanceTimersByTime(6_500);
    expect(breaker.permits()).toBe(true);
    breaker.silent();
    expect(breaker.permits()).toBe(false);
  }
  vi.advanceTimersByTime(3_500);
  expect(breaker.permits()).toBe(false);
  vi.advanceTimersByTime(3_000);
  expect(breaker.permits()).toBe(true);
});
