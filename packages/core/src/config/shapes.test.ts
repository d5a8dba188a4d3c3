import { expect, test } from "vitest";
import { Place } from "./schema-kind.ts";
import { fields } from "./shapes.ts";
import { text } from "./values.ts";

test("the app's own zod is left as it is: its settings are shared by all copies", () => {
  const thing = fields({ name: text("a name") }, "a thing");
  expect(new Place().read(thing, { name: "x" })).toEqual({ name: "x" });
  const settings = (globalThis as { __zod_globalConfig?: object }).__zod_globalConfig ?? {};
  expect(settings).toEqual({});
});
