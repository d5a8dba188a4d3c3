import { expect, test, vi } from "vitest";
import { TimeBudget, type Told } from "./time-budget.ts";

function resolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((given) => {
    resolve = given;
  });
  return { promise, resolve };
}

/** Nobody cares, but for what is given. */
const telling = (told: Partial<Told<unknown, unknown>> = {}): Told<unknown, unknown> => ({
  answered: (value) => value,
  failed: (error) => error,
  silent: () => undefined,
  late: () => undefined,
  ...told,
});

const soon = (milliseconds: number) => performance.now() + milliseconds;
const never = new Promise<never>(() => undefined);

test("what answers in time is passed on, an error too", async () => {
  const budget = new TimeBudget(10_000);
  await expect(budget.watch(Promise.resolve(7), soon(10_000), telling())).resolves.toBe(7);
  await expect(
    budget.watch(Promise.reject(new Error("no")), soon(10_000), telling()),
  ).rejects.toThrow("no");
});

test("whoever waits longer is told why, once, and each by its own budget", async () => {
  const budget = new TimeBudget(20);
  const late = vi.fn();
  const first = budget.watch(never, soon(20), telling({ silent: late }));
  await new Promise((resolve) => setTimeout(resolve, 10));
  const second = budget.watch(never, soon(20), telling({ silent: late }));
  await expect(first).rejects.toThrow("no answer within 20 ms");
  await expect(second).rejects.toMatchObject({ code: "store_unavailable" });
  expect(late).toHaveBeenCalledTimes(2);
});

test("an answer that is there, but not read, as the process was busy, counts", async () => {
  const budget = new TimeBudget(5);
  const { promise, resolve } = resolvers<string>();
  const watched = budget.watch(promise, soon(5), telling());
  // Sockets are read after the timers of a turn: so does what is set here.
  setTimeout(() => {
    const until = performance.now() + 30;
    while (performance.now() < until);
    setImmediate(() => resolve("read"));
  }, 0);
  await expect(watched).resolves.toBe("read");
});

test("what is left of a budget ends before what began later", async () => {
  const budget = new TimeBudget(200);
  const ended: string[] = [];
  const wait = (name: string, milliseconds: number) =>
    budget
      .watch(never, soon(milliseconds), telling({ silent: () => void ended.push(name) }))
      .catch(() => undefined);
  await Promise.all([wait("b", 40), wait("d", 90), wait("a", 20), wait("c", 60)]);
  expect(ended).toEqual(["a", "b", "c", "d"]);
});

test("what comes after all is told", async () => {
  const budget = new TimeBudget(5);
  const { promise, resolve } = resolvers<string>();
  const late = vi.fn();
  const watched = budget.watch(promise, soon(5), telling({ late }));
  await expect(watched).rejects.toThrow("no answer within 5 ms");
  resolve("after all");
  await vi.waitFor(() => expect(late).toHaveBeenCalledExactlyOnceWith("after all"));
});

test("what comes late and cannot be read ends nothing", async () => {
  const budget = new TimeBudget(5);
  const { promise, resolve } = resolvers<string>();
  const late = vi.fn(() => {
    throw new Error("unreadable");
  });
  await expect(budget.watch(promise, soon(5), telling({ late }))).rejects.toThrow();
  resolve("rubbish");
  // An unhandled rejection would fail the run.
  await vi.waitFor(() => expect(late).toHaveBeenCalled());
});
