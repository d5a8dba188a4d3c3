import { describe, expect, it } from "vitest";
import { FluxError } from "../errors.ts";
import { compilePathParameter, pathParameterProblem } from "./path-parameter.ts";
import { Unreadable, unreadable } from "./target.ts";

const tenant = compilePathParameter("/t/:tenant");

describe("compilePathParameter", () => {
  it.each([
    ["/t/acme", "acme"],
    ["/t/acme?x=/t/other", "acme"],
    ["/t/acme/reports/7", "acme"],
    ["/t/acme/", "acme"],
    ["/t/Acme", "Acme"],
    ["/T/acme", "acme"],
    ["//t///acme//x", "acme"],
    ["/%74/acme", "acme"],
    ["/t;x/acme", "acme"],
    ["/t/%61cme", "acme"],
    ["/t/caf%C3%A9", "café"],
    ["/t/CAF%C3%89", "CAFÉ"],
    ["/t/a%40b", "a@b"],
    ["/t/100%25", "100%"],
    ["https://example.com/t/acme", "acme"],
  ])("reads %s as %s", (url, expected) => {
    expect(tenant(url)).toBe(expected);
  });

  it.each(["/", "/t", "/t/", "/t//", "/x/acme", "/tt/acme", "/t-/acme", "/x/t/acme", "/?/t/acme"])(
    "has nothing in %s",
    (url) => {
      expect(tenant(url)).toBeUndefined();
    },
  );

  it.each(["/t/acme;x", "/t/ac%3Bme", "/t/a%2561", "/t/;/acme"])(
    "does not choose between the readings of %s",
    (url) => {
      expect(tenant(url)).toBe(unreadable.parameter);
    },
  );

  it.each(["/t/%2e%2e", "/t/..", "/t/a%2fb", "/t/a\0", "*", "/t/%zz", "/t/x/../acme"])(
    "cannot read %j",
    (url) => {
      expect(tenant(url)).toBeInstanceOf(Unreadable);
    },
  );

  it("takes literals after the parameter too, and from a decoded pattern", () => {
    const read = compilePathParameter("/caf%C3%A9/:tenant/app");
    expect(read("/caf%C3%A9/acme/app/1")).toBe("acme");
    expect(read("/caf%C3%A9/acme/other")).toBeUndefined();
  });

  it.each(["t/:tenant", "/t", "/:a/:b", "/t/:tenant/*rest", "/t/:tenant/", "/t/:tenant?"])(
    "refuses the pattern %s",
    (pattern) => {
      expect(pathParameterProblem(pattern)).toBeTypeOf("string");
      expect(() => compilePathParameter(pattern)).toThrow(FluxError);
    },
  );

  it("finds nothing wrong with a good pattern", () => {
    expect(pathParameterProblem("/t/:tenant")).toBeUndefined();
  });
});
