import { expect, test } from "vitest";
import { fields, text } from "./shapes.ts";

test("the app's own zod is left as it is: its settings are shared by all copies", () => {
  expect(fields({ name: text("a name") }, "a thing").safeParse({ name: "x" }).success).toBe(true);
  const settings = (globalThis as { __zod_globalConfig?: object }).__zod_globalConfig ?? {};
  expect(settings).toEqual({});
});
