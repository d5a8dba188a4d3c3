import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type DirectoryOptions, type Entry, TenantDirectory } from "./directory.ts";
import { TenantFailure, type TenantState } from "./tenant.ts";

interface State extends TenantState {
  readonly plan: string;
}

let now: number;
let errors: string[];
beforeEach(() => {
  now = Date.UTC(2026, 0, 1);
  errors = [];
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

function make(load: (id: string) => unknown, more: Partial<DirectoryOptions<State>> = {}) {
  return new TenantDirectory<State>({
    load,
    compile: (id, record) => {
      const plan = (record as { plan?: unknown }).plan;
      return typeof plan === "string" ? { id, suspended: false, plan } : "its plan is no string";
    },
    fresh: 60_000,
    stale: 600_000,
    timeout: 5_000,
    max: 100,
    now: () => now,
    onError: (message) => errors.push(message),
    ...more,
  });
}

/** The plan that an entry holds, or the failure that it is. */
const read = ({ state }: Entry<State>) =>
  state instanceof TenantFailure ? `${state.code}: ${state.detail}` : state.plan;
const get = async (directory: TenantDirectory<State>) => read(await directory.get("acorn", now));
/** A load that each test answers by hand, in the order of the calls. */
function byHand() {
  const calls: { answer(record: unknown): void; fail(): void }[] = [];
  const load = vi.fn(
    () =>
      new Promise((answer, reject) => {
        calls.push({ answer, fail: () => reject(new Error("down")) });
      }),
  );
  return { load, calls };
}

test("a tenant that is cached is there at once", async () => {
  const directory = make(() => ({ plan: "pro" }));
  await directory.get("acorn", now);
  now += 59_999;
  expect(directory.get("acorn", now)).toMatchObject({ state: { plan: "pro" }, degraded: false });
});

test("a hundred who ask at once cost one load", async () => {
  const { load, calls } = byHand();
  const directory = make(load);
  const asked = Array.from({ length: 100 }, () => get(directory));
  calls[0]?.answer({ plan: "pro" });
  expect(new Set(await Promise.all(asked))).toEqual(new Set(["pro"]));
  expect(load).toHaveBeenCalledTimes(1);
});

test("each tenant has its own", async () => {
  const directory = make((id) => ({ plan: `plan of ${id}` }));
  expect(read(await directory.get("a", now))).toBe("plan of a");
  expect(read(await directory.get("__proto__", now))).toBe("plan of __proto__");
});

describe("stale while revalidate", () => {
  test("a stale record is served at once, and a new one is loaded once behind it", async () => {
    const { load, calls } = byHand();
    const directory = make(load);
    const first = get(directory);
    calls[0]?.answer({ plan: "free" });
    expect(await first).toBe("free");
    now += 60_000;
    for (let i = 0; i < 10; i++)
      expect(directory.get("acorn", now)).toMatchObject({ state: { plan: "free" } });
    expect(load).toHaveBeenCalledTimes(2);
    calls[1]?.answer({ plan: "pro" });
    await vi.advanceTimersByTimeAsync(0);
    expect(directory.get("acorn", now)).toMatchObject({ state: { plan: "pro" }, degraded: false });
  });

  test("beyond that it is not served, however long the load takes", async () => {
    const { load, calls } = byHand();
    const directory = make(load);
    const first = get(directory);
    calls[0]?.answer({ plan: "free" });
    await first;
    now += 660_000;
    const asked = directory.get("acorn", now);
    expect(asked).toBeInstanceOf(Promise);
    calls[1]?.answer({ plan: "pro" });
    expect(read(await asked)).toBe("pro");
  });
});

describe("when load fails", () => {
  test("what is cached is served, marked as old, until it is too old", async () => {
    let up = true;
    const load = vi.fn(async () => {
      if (!up) throw new Error("down");
      return { plan: "free" };
    });
    const directory = make(load);
    await directory.get("acorn", now);
    up = false;
    now += 60_000;
    directory.get("acorn", now);
    await vi.advanceTimersByTimeAsync(0);
    expect(errors).toEqual(['tenant.load failed for tenant "acorn"']);
    expect(directory.get("acorn", now)).toMatchObject({ state: { plan: "free" }, degraded: true });

    // One look a second, whatever the traffic.
    for (let i = 0; i < 100; i++) directory.get("acorn", now + i);
    expect(load).toHaveBeenCalledTimes(2);
    now += 1_000;
    directory.get("acorn", now);
    await vi.advanceTimersByTimeAsync(0);
    expect(load).toHaveBeenCalledTimes(3);

    now += 600_000;
    expect(await get(directory)).toMatch(/^unavailable: /);
    up = true;
    now += 1_000;
    expect(await directory.get("acorn", now)).toMatchObject({
      state: { plan: "free" },
      degraded: false,
    });
  });

  test("a stranger to the cache is refused, and the source is left alone for a second", async () => {
    const load = vi.fn(() => {
      throw new Error("at once");
    });
    const directory = make(load);
    for (let i = 0; i < 10; i++) expect(await get(directory)).toMatch(/^unavailable: /);
    expect(load).toHaveBeenCalledTimes(1);
    now += 1_000;
    await get(directory);
    expect(load).toHaveBeenCalledTimes(2);
  });

  test("`allow` goes on with the fallback, marked", async () => {
    const directory = make(() => Promise.reject(new Error("down")), {
      fallback: (id) => ({ id, suspended: false, plan: "default" }),
    });
    expect(await directory.get("acorn", now)).toMatchObject({
      state: { plan: "default" },
      degraded: true,
    });
  });

  test("a load that takes too long has failed", async () => {
    const directory = make(() => new Promise(() => undefined), { timeout: 250 });
    const asked = get(directory);
    await vi.advanceTimersByTimeAsync(249);
    expect(errors).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await asked).toMatch(/^unavailable: /);
    expect(errors).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("no timer is left behind by a load that was in time", async () => {
    await get(make(() => ({ plan: "free" })));
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("what is no tenant", () => {
  test.each([undefined, null])(
    "%s: there is none, which is believed for a short while",
    async (record) => {
      const load = vi.fn(() => record as unknown);
      const directory = make(load);
      for (let i = 0; i < 5; i++) expect(await get(directory)).toMatch(/^forbidden: /);
      expect(load).toHaveBeenCalledTimes(1);
      expect(errors).toEqual([]);
      now += 5_000;
      await get(directory);
      expect(load).toHaveBeenCalledTimes(2);
    },
  );

  test("a malformed record: unavailable, and whoever runs the service hears what is wrong", async () => {
    const directory = make(() => ({ plan: 3 }));
    expect(await get(directory)).toMatch(/^unavailable: /);
    expect(errors).toEqual(['The record of tenant "acorn" cannot be used: its plan is no string']);
  });

  test("a tenant that vanishes is gone once that is known, not served stale", async () => {
    let record: unknown = { plan: "free" };
    const directory = make(() => record);
    await get(directory);
    record = undefined;
    now += 60_000;
    directory.get("acorn", now);
    await vi.advanceTimersByTimeAsync(0);
    expect(await get(directory)).toMatch(/^forbidden: /);
  });

  test("refusals do not push tenants out", async () => {
    const directory = make((id) => (id === "acorn" ? { plan: "free" } : undefined), { max: 4 });
    await get(directory);
    for (let i = 0; i < 50; i++) await directory.get(`stranger ${i}`, now);
    expect(directory.get("acorn", now)).toMatchObject({ state: { plan: "free" } });
  });
});

describe("invalidate", () => {
  test("the next who asks has it loaded anew", async () => {
    let plan = "free";
    const directory = make(() => ({ plan }));
    await get(directory);
    plan = "pro";
    directory.invalidate("acorn");
    expect(await get(directory)).toBe("pro");
  });

  test("also what was refused", async () => {
    let record: unknown;
    const directory = make(() => record);
    expect(await get(directory)).toMatch(/^forbidden/);
    record = { plan: "free" };
    directory.invalidate("acorn");
    expect(await get(directory)).toBe("free");
  });

  test("a load under way is not kept, whichever comes back first", async () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ] as const) {
      const { load, calls } = byHand();
      const directory = make(load);
      const before = get(directory);
      directory.invalidate("acorn");
      const after = get(directory);
      expect(load).toHaveBeenCalledTimes(2);
      for (const call of order) {
        calls[call]?.answer({ plan: ["old", "new"][call] });
        await vi.advanceTimersByTimeAsync(0);
      }
      await before;
      expect(await after).toBe("new");
      expect(await get(directory)).toBe("new");
      expect(load).toHaveBeenCalledTimes(2);
    }
  });

  test("a load that fails after it does not mark what was loaded since", async () => {
    const { load, calls } = byHand();
    const directory = make(load);
    const before = get(directory);
    directory.invalidate("acorn");
    const after = get(directory);
    calls[1]?.answer({ plan: "new" });
    await after;
    calls[0]?.fail();
    await before;
    expect(directory.get("acorn", now)).toMatchObject({ state: { plan: "new" }, degraded: false });
  });
});

test("a clock that steps back serves what it has and looks again", async () => {
  const load = vi.fn(() => ({ plan: "free" }));
  const directory = make(load);
  await get(directory);
  now -= 3_600_000;
  expect(directory.get("acorn", now)).toMatchObject({ state: { plan: "free" } });
  expect(load).toHaveBeenCalledTimes(2);
});

test("a record that throws when it is read is malformed, at the first load and at a refresh", async () => {
  const lazy = {
    get plan(): string {
      throw new Error("the connection is closed");
    },
  };
  let record: object = lazy;
  const directory = make(() => record);
  expect(await get(directory)).toMatch(/^unavailable/);
  expect(errors).toEqual(['The record of tenant "acorn" cannot be used: the connection is closed']);
  record = { plan: "pro" };
  now += 10_000;
  expect(await get(directory)).toBe("pro");
  record = lazy;
  now += 61_000;
  expect(await get(directory)).toBe("pro");
  await vi.advanceTimersByTimeAsync(0);
  expect(await get(directory)).toMatch(/^unavailable/);
});
