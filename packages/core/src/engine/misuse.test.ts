import { expect, test } from "vitest";
import { checkFlux, prepareGuard } from "./misuse.ts";

test.each([
  [undefined, "nothing"],
  [null, "null"],
  [{ routes: {} }, "an object"],
  ["flux", '"flux"'],
])("%j is no Flux, and the message says what is", (given, shown) => {
  expect(() => checkFlux(given, "koaFlux")).toThrow(
    expect.objectContaining({
      code: "config_invalid",
      message: `koaFlux needs a Flux: koaFlux(defineFlux({ … })). It was given ${shown}.`,
    }),
  );
});

test("what has decide is one", () => {
  expect(() => checkFlux({ decide() {} }, "koaFlux")).not.toThrow();
});

test("a guard takes one requirement, or none", () => {
  const flux = { prepare: (requirement: object) => ({ requirements: [requirement] }) } as never;
  expect(prepareGuard(flux, undefined, [])).toBeUndefined();
  expect(prepareGuard(flux, { auth: "none" }, [])).toEqual({ requirements: [{ auth: "none" }] });
  expect(() => prepareGuard(flux, {}, [() => {}])).toThrow(
    expect.objectContaining({ code: "requirement_invalid" }),
  );
});
