import { expect, test } from "vitest";
import { safeParse } from "zod/v4/core";
import { Place } from "./schema-kind.ts";
import { fields } from "./shapes.ts";
import { text } from "./values.ts";

test("the app's own zod is left as it is: its settings are shared by all copies", () => {
  const thing = fields({ name: text("a name") }, "a thing");
  expect(new Place().read(thing, { name: "x" })).toEqual({ name: "x" });
  const settings = (globalThis as { __zod_globalConfig?: object }).__zod_globalConfig ?? {};
  expect(settings).toEqual({});
});

test("a schema is zod's: it can be run as any other, and tells what is wrong as issues", () => {
  const thing = fields({ name: text("a name") }, "a thing");
  expect(safeParse(thing, { name: "x" })).toMatchObject({ success: true, data: { name: "x" } });
  expect(safeParse(thing, { name: 5 }).error?.issues).toEqual([
    { code: "custom", path: ["name"], message: "expected a name, got 5" },
  ]);
});
