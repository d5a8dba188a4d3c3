import { SignJWT } from "jose";
import { describe, expect, test, vi } from "vitest";
import { callOf } from "./call.ts";
import { signedReceipts } from "./receipts.ts";

const secret = "a secret of at least thirty-two bytes";
const receipt = { receipts: [{ owner: "tenant:acorn", at: 1, charges: [] }] };
const request = (line = "GET /exports") => {
  const [method, path] = line.split(" ");
  return callOf(new Request(`http://app.test${path}`, { method }));
};

test("what was signed is believed once", async () => {
  const receipts = signedReceipts(secret);
  const signed = await receipts.sign(receipt, "a", request());
  expect(await receipts.accept(signed, request("GET /exports?page=2"))).toEqual(receipt);
  expect(await receipts.accept(signed, request())).toBeUndefined();
});

test("a server action does not know its path", async () => {
  const receipts = signedReceipts(secret);
  const signed = await receipts.sign(receipt, "a", request("POST /form"));
  expect(await receipts.accept(signed, { method: "POST", path: undefined })).toEqual(receipt);
});

describe("nothing is believed", () => {
  const receipts = signedReceipts(secret);
  const key = (text = secret) => new TextEncoder().encode(text);
  const base = (typ = "flux-receipt+jwt") =>
    new SignJWT({ ...receipt, htm: "GET", htu: "/exports" })
      .setProtectedHeader({ alg: "HS256", typ })
      .setJti(crypto.randomUUID())
      .setIssuedAt();

  test("the control is", async () => {
    expect(await receipts.accept(await base().sign(key()), request())).toEqual(receipt);
  });
  test.each(["POST /exports", "GET /other", "GET /exports/"])("for %s", async (line) => {
    expect(await receipts.accept(await base().sign(key()), request(line))).toBeUndefined();
  });
  test("that somebody else signed", async () => {
    const forged = await base().sign(key("another secret of thirty-two bytes!"));
    expect(await receipts.accept(forged, request())).toBeUndefined();
  });
  test("that is a token of another kind", async () => {
    expect(await receipts.accept(await base("JWT").sign(key()), request())).toBeUndefined();
  });
  test("that is older than ten seconds, or from the future", async () => {
    const now = Math.floor(Date.now() / 1_000);
    for (const at of [now - 12, now + 30]) {
      const signed = await base().setIssuedAt(at).sign(key());
      expect(await receipts.accept(signed, request())).toBeUndefined();
    }
  });
  test.each(["", "x", "e30.e30.", "eyJhbGciOiJub25lIn0.e30."])("of %j", async (text) => {
    expect(await receipts.accept(text, request())).toBeUndefined();
  });
});

test("a used one is not forgotten while it could serve", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  try {
    const receipts = signedReceipts(secret);
    const signed = await receipts.sign(receipt, "a", request());
    await receipts.accept(signed, request());
    vi.advanceTimersByTime(9_000);
    await receipts.accept(await receipts.sign(receipt, "b", request()), request());
    expect(await receipts.accept(signed, request())).toBeUndefined();
  } finally {
    vi.useRealTimers();
  }
});

test("a short secret is refused at start", () => {
  expect(() => signedReceipts("too short")).toThrow(/at least 32 bytes, and has 9.*openssl/);
});
