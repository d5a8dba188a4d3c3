import { setTimeout as wait } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { watched } from "./test-limiter.ts";

const ofTen = { quota: 10, window: 60_000 };
const tooLate = {
  code: "store_unavailable",
  message: "flexibleStore: its limiter did not answer within 40 ms",
};
const stopped = {
  code: "store_unavailable",
  message: "flexibleStore: its limiter has stopped answering",
};

/** A limiter whose calls wait at a gate, on their way to the server or back. */
function frozen(side: "before" | "after" = "before", more: object = {}) {
  const counted = watched(ofTen, more, { timeout: "40ms" });
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  counted.limiter[side] = () => gate;
  return {
    ...counted,
    async thaw() {
      counted.limiter[side] = undefined;
      open();
      await wait(5);
    },
  };
}

test.each(["before", "after"] as const)(
  "what is charged after the request was given up is given back: held up %s",
  async (side) => {
    const { charge, left, thaw, limiter } = frozen(side);
    await expect(charge(6)).rejects.toMatchObject(tooLate);
    await thaw();
    expect(limiter.taken()).toEqual(["consume 6", "reward 6"]);
    expect(await left()).toBe(10);
  },
);

test("what is refused after the request was given up is given back, too", async () => {
  const { charge, left, limiter } = watched(ofTen, {}, { timeout: "40ms" });
  await charge(8);
  let open: () => void = () => undefined;
  limiter.before = (method) =>
    method === "consume" ? new Promise((resolve) => (open = resolve)) : undefined;
  await expect(charge(6)).rejects.toMatchObject(tooLate);
  open();
  await wait(5);
  expect(limiter.taken()).toEqual(["consume 8", "consume 6", "reward 6"]);
  expect(await left()).toBe(2);
});

test("but not where the limiter blocks by what it refuses", async () => {
  const { charge, limiter } = watched(ofTen, { blockDuration: 60 }, { timeout: "40ms" });
  await charge(8);
  let open: () => void = () => undefined;
  limiter.before = () => new Promise((resolve) => (open = resolve));
  await expect(charge(6)).rejects.toMatchObject(tooLate);
  open();
  await wait(5);
  expect(limiter.taken()).toEqual(["consume 8", "consume 6"]);
});

test("nor where it refuses out of its memory, which counts nothing", async () => {
  const { charge, limiter } = watched(ofTen, {}, { timeout: "40ms" });
  limiter.before = async () => {
    await wait(60);
    throw { consumedPoints: 0, msBeforeNext: 7_000 };
  };
  await expect(charge(6)).rejects.toMatchObject(tooLate);
  await wait(60);
  expect(limiter.taken()).toEqual(["consume 6"]);
});

test("while nothing is answered, one request at a time waits and all others fail at once", async () => {
  const { charge, thaw, limiter, left } = frozen();
  await expect(charge()).rejects.toMatchObject(tooLate);
  const probe = charge();
  await expect(charge()).rejects.toMatchObject(stopped);
  await expect(charge(0)).rejects.toMatchObject(stopped);
  await expect(probe).rejects.toMatchObject(tooLate);
  await expect(charge()).rejects.toMatchObject(tooLate);
  expect(limiter.taken()).toEqual(["consume 1", "consume 1", "consume 1"]);
  await thaw();
  expect((await Promise.all([charge(), charge()])).every(({ outcome }) => outcome.allowed)).toBe(
    true,
  );
  expect(await left()).toBe(8);
});

test("one slow answer among others keeps nobody from asking", async () => {
  const { charge, limiter } = watched(ofTen, {}, { timeout: "40ms" });
  limiter.before = () => new Promise(() => undefined);
  const slow = expect(charge()).rejects.toMatchObject(tooLate);
  limiter.before = undefined;
  await wait(20);
  await charge();
  await slow;
  const both = await Promise.all([charge(), charge()]);
  expect(both.every(({ outcome }) => outcome.allowed)).toBe(true);
});

test("to look and then to charge takes no longer than the timeout together", async () => {
  const { charge, store, limiter } = watched(ofTen, {}, { timeout: "200ms" });
  const first = await charge(10);
  await charge(1);
  await store.settle(first, [0]);
  limiter.before = () => wait(120);
  // Each alone is in time.
  await expect(charge(1)).rejects.toMatchObject({ code: "store_unavailable" });
});

test("a late failure is nobody's unhandled rejection", async () => {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  try {
    const { charge, limiter } = watched(ofTen, {}, { timeout: "10ms" });
    limiter.before = async () => {
      await wait(30);
      throw new Error("gone");
    };
    await expect(charge()).rejects.toMatchObject({ code: "store_unavailable" });
    await wait(60);
    expect(unhandled).not.toHaveBeenCalled();
  } finally {
    process.off("unhandledRejection", unhandled);
  }
});

test.each([
  [
    "an error",
    new Error("Table is not created yet"),
    "its limiter failed: Table is not created yet",
  ],
  ["a refusal that is none", "no", "its limiter failed"],
  ["numbers that are none", { consumedPoints: Number.NaN, msBeforeNext: 1 }, "its limiter failed"],
])("a failure is told apart from a refusal: %s", async (_what, reason, message) => {
  const { charge, limiter } = watched(ofTen);
  limiter.before = () => Promise.reject(reason);
  await expect(charge()).rejects.toMatchObject({
    code: "store_unavailable",
    message: `flexibleStore: ${message}`,
    cause: reason,
  });
});

test("an answer that is no result is a failure", async () => {
  const { charge, limiter } = watched(ofTen);
  limiter.consume = async () => ({}) as never;
  limiter.get = (() => {
    throw new Error("not ready");
  }) as never;
  await expect(charge()).rejects.toMatchObject({
    message: "flexibleStore: its limiter failed: it answered what is no result",
  });
  await expect(charge(0)).rejects.toMatchObject({
    message: "flexibleStore: its limiter failed: not ready",
  });
});

test("what is given back too late for its caller, and for its window, is taken back", async () => {
  const { charge, store, limiter, left } = watched(
    { quota: 10, window: 1_000 },
    {},
    { timeout: "200ms" },
  );
  const receipt = await charge(6);
  limiter.before = (method) => (method === "reward" ? wait(1_000) : undefined);
  await expect(store.settle(receipt, [0])).rejects.toMatchObject({ code: "store_unavailable" });
  await expect.poll(() => limiter.calls.join()).toBe("consume 6,reward 6,penalty 6");
  expect(await left()).toBe(10);
});
