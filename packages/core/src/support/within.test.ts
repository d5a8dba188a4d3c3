import { describe, expect, it } from "vitest";
import { within } from "./within.ts";

describe("within", () => {
  it("gives what comes in time, a value that is there already included", async () => {
    expect(await within(7, 1, "it")).toBe(7);
    expect(await within(Promise.resolve(7), 1_000, "it")).toBe(7);
  });

  it("says what took too long", async () => {
    const never = new Promise<number>(() => undefined);
    await expect(within(never, 5, "tenant.load")).rejects.toThrow(
      "tenant.load took longer than 5 ms",
    );
  });

  it("passes on what the promise rejects with", async () => {
    await expect(within(Promise.reject(new Error("down")), 1_000, "it")).rejects.toThrow("down");
  });
});
