import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cookie, readCookie, repeatedCookie } from "./cookies.ts";

function read(cookie: string | string[] | undefined, name = "session") {
  return readCookie({ method: "GET", url: "/", headers: { cookie } }, name);
}

describe("readCookie", () => {
  it("finds one cookie among others, by its exact name", () => {
    expect(read("a=1; session=abc; b=2")).toBe("abc");
    expect(read("xsession=1; Session=2; sessionx=3; session2=4")).toBeUndefined();
    expect(read("session=abc", "__Host-session")).toBeUndefined();
    expect(read("__Host-session=abc", "__Host-session")).toBe("abc");
  });

  it("reads a value as it came, but for blanks and quotes around it", () => {
    expect(read('session="a.b=c"')).toBe("a.b=c");
    expect(read(" session = abc== ;x")).toBe("abc==");
    expect(read("session=%20")).toBe("%20");
    expect(read("session=")).toBe("");
    expect(read('session="')).toBe('"');
  });

  it("has nothing where there is no header or no value", () => {
    expect(read(undefined)).toBeUndefined();
    expect(read("")).toBeUndefined();
    expect(read("session; a=1")).toBeUndefined();
    expect(read("a=session=1")).toBeUndefined();
    expect(read("a=1", "constructor")).toBeUndefined();
  });

  it("does not choose between two", () => {
    expect(read("session=a; session=b")).toBe(repeatedCookie);
    expect(read("session=; session =b")).toBe(repeatedCookie);
    expect(read(["session=a", "x=1; session=a"])).toBe(repeatedCookie);
  });

  it("reads headers that came in several lines, and a Headers", () => {
    expect(read(["a=1", "session=abc"])).toBe("abc");
    const headers = new Headers({ cookie: "a=1; session=abc" });
    expect(readCookie({ method: "GET", url: "/", headers }, "session")).toBe("abc");
  });

  it("agrees with splitting the header the slow way", () => {
    const pair = fc
      .array(fc.constantFrom("a", "b", "=", " ", "\t", '"', "x"), { maxLength: 6 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 5 }), (pairs) => {
        const trim = (value: string) => value.replace(/^[ \t]+|[ \t]+$/g, "");
        const values = pairs
          .filter((text) => text.includes("=") && trim(text.slice(0, text.indexOf("="))) === "a")
          .map((text) => trim(text.slice(text.indexOf("=") + 1)).replace(/^"(.*)"$/s, "$1"));
        const expected = values.length > 1 ? repeatedCookie : values[0];
        expect(read(pairs.join(";"), "a")).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("cookie", () => {
  const of = (line: string) =>
    cookie({ method: "GET", url: "/", headers: { cookie: line } }, "session");

  it("is a cookie's value where it stands once, and nothing elsewhere", () => {
    expect(of('a=1; session="abc"')).toBe("abc");
    expect(of("a=1")).toBeUndefined();
    expect(of("session=abc; session=abc")).toBeUndefined();
  });
});
