import fc from "fast-check";
import { base64url, decodeProtectedHeader } from "jose";
import { expect, test, vi } from "vitest";
import { fromBase64Url } from "../../support/base64url.ts";
import { readCompact, readObject, signatureBytes, signedBytes } from "./compact.ts";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const part = fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength: 40 });

test("three parts of base64url are a token, and each part is what was sent", () => {
  fc.assert(
    fc.property(part, part, part, (header, payload, signature) => {
      const token = readCompact(`${header}.${payload}.${signature}`);
      const whole = [header, payload, signature].every(({ length }) => length % 4 !== 1);
      expect(token).toEqual(whole ? { header, payload, signature } : undefined);
      if (token === undefined) return;
      expect(new TextDecoder().decode(signedBytes(token))).toBe(`${header}.${payload}`);
      expect(Buffer.from(signatureBytes(token))).toEqual(Buffer.from(base64url.decode(signature)));
    }),
  );
});

test.each([
  ["", ".", "..", "AA..AA", ".AA.AA", "AA.AA.", "AA.AA", "AA.AA.AA.AA"],
  ["AA.AA.AA\n", " AA.AA.AA", "AA.A A.AA", "AA.AA=.AA", "AA.AA==.AA", "AA.A+.AA", "AA.A/.AA"],
  ["AA.AÄ.AA", "AA.\0A.AA", "A.AA.AA", "AA.AAAAA.AA", "AA.AA.A"],
])("nothing else is one: %j", (...texts) => {
  for (const text of texts) expect([text, readCompact(text)]).toEqual([text, undefined]);
});

test.each([
  ["has none", undefined],
  ["does not know base64url", { isEncoding: () => false, from: () => new Uint8Array() }],
])("what has no Buffer of Node's decodes to the same bytes: %s", async (_what, Buffer) => {
  vi.resetModules();
  vi.stubGlobal("Buffer", Buffer);
  const without = await import("../../support/base64url.ts");
  vi.unstubAllGlobals();
  const decode = vi.spyOn(globalThis, "atob");
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const text = base64url.encode(bytes);
      expect([...without.fromBase64Url(text)]).toEqual([...bytes]);
      expect([...fromBase64Url(text)]).toEqual([...bytes]);
    }),
  );
  expect(decode).toHaveBeenCalled();
  decode.mockRestore();
});

test("a part is read as jose reads a header: an object of JSON in UTF-8", () => {
  const readByJose = (text: string) => {
    try {
      return decodeProtectedHeader(`${text}.e30.AA`) as Record<string, unknown>;
    } catch {
      return undefined;
    }
  };
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json().map((json) => new TextEncoder().encode(json)),
        fc.object().map((value) => new TextEncoder().encode(JSON.stringify(value))),
        fc.uint8Array(),
      ),
      (bytes) => {
        const text = base64url.encode(bytes);
        fc.pre(text !== "");
        expect(readObject(text)).toEqual(readByJose(text));
      },
    ),
    { numRuns: 1_000 },
  );
  const bytesOf = (...bytes: number[]) => base64url.encode(new Uint8Array(bytes));
  // {"a":"\xff"} is no UTF-8, and a byte order mark is skipped.
  const notUtf8 = bytesOf(0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d);
  const marked = bytesOf(0xef, 0xbb, 0xbf, 0x7b, 0x7d);
  for (const text of [notUtf8, marked]) expect(readObject(text)).toEqual(readByJose(text));
  expect(readObject(notUtf8)).toBeUndefined();
});
