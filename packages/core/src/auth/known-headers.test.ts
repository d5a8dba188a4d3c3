/** A header that has led to a key is tried with that key first, and still leads wherever it would have led. */
import { beforeEach, expect, test, vi } from "vitest";
import { IssuerKeys } from "./issuer-keys.ts";
import { bearer, setUp, start, TestClock, TestIssuer } from "./test-issuer.ts";

let idp: TestIssuer;
let clock: TestClock;
beforeEach(() => {
  idp = new TestIssuer();
  clock = new TestClock();
});

const who = (subject: string) => expect.objectContaining({ subject });
const refused = (detail: RegExp) =>
  expect.objectContaining({ code: "invalid_token", detail: expect.stringMatching(detail) });

/** A token that says the same, with a number of its own. */
let numbers = 0;
const token = (issuer: TestIssuer, kid: string, claims = {}, header = {}) =>
  issuer.token(kid, { jti: String(numbers++), ...claims }, header);

test("two issuers may write the same header", async () => {
  const other = new TestIssuer("https://other.example.com");
  await idp.addKey("1");
  await other.addKey("1");
  const { identify } = setUp({ jwt: [idp.config, other.config] });
  for (let i = 0; i < 3; i++) {
    expect(await identify(bearer(await token(idp, "1", { sub: "ann" })))).toEqual(who("ann"));
    expect(await identify(bearer(await token(other, "1", { sub: "bob" })))).toEqual(who("bob"));
    // Signed by one of them in the name of the other.
    const forged = await token(other, "1", { iss: idp.issuer });
    expect(await identify(bearer(forged))).toEqual(refused(/signature/));
  }
});

test("a key that replaces another under its name is found, and the old one is not believed", async () => {
  await idp.addKey("1");
  const { identify } = setUp({ jwt: [idp.config] }, clock);
  expect(await identify(bearer(await token(idp, "1")))).toEqual(who("alice"));
  const late = await token(idp, "1");
  await idp.addKey("1");
  clock.pass(6 * 60_000);
  // Old keys serve until the new ones are there.
  await identify(bearer(await token(idp, "1")));
  await vi.waitFor(async () =>
    expect(await identify(bearer(await token(idp, "1")))).toEqual(who("alice")),
  );
  expect(await identify(bearer(late))).toEqual(refused(/signature/));
});

test("a header without a key's name is ambiguous as soon as two keys fit it", async () => {
  await idp.addKey("1");
  const { identify } = setUp({ jwt: [idp.config] }, clock);
  const unnamed = () => token(idp, "1", {}, { kid: undefined });
  expect(await identify(bearer(await unnamed()))).toEqual(who("alice"));
  await idp.addKey("2");
  clock.pass(6 * 60_000);
  await identify(bearer(await unnamed()));
  await vi.waitFor(async () =>
    expect(await identify(bearer(await unnamed()))).toEqual(refused(/which key/)),
  );
});

test("an empty name is a name", async () => {
  await idp.addKey("");
  await idp.addKey("2");
  const { identify } = setUp({ jwt: [idp.config] });
  for (let i = 0; i < 3; i++)
    expect(await identify(bearer(await token(idp, "")))).toEqual(who("alice"));
  expect(await identify(bearer(await token(idp, "2", {}, { kid: undefined })))).toEqual(
    refused(/which key/),
  );
});

/** How often an issuer's key is searched by a token's header, where it is not known from the last token. */
async function searches(act: () => Promise<unknown>): Promise<number> {
  const find = vi.spyOn(IssuerKeys.prototype, "find");
  try {
    await act();
    return find.mock.calls.length;
  } finally {
    find.mockRestore();
  }
}

test("strangers' headers are not remembered: what was known stays known", async () => {
  await idp.addKey("1");
  const { identify } = setUp({ jwt: [{ ...idp.config, fetch: undefined, jwks: idp.jwks }] });
  const one = async () => identify(bearer(await token(idp, "1")));
  expect(await searches(one)).toBe(1);
  const stranger = new TestIssuer(idp.issuer);
  for (let i = 0; i < 20; i++) {
    await stranger.addKey(`s${i}`);
    expect(await identify(bearer(await token(stranger, `s${i}`)))).toEqual(refused(/unknown key/));
  }
  expect(await searches(one)).toBe(0);
});

test("of many headers the oldest is forgotten, and a long one is not kept", async () => {
  await idp.addKey("1");
  const { identify } = setUp({ jwt: [idp.config] });
  const numbered = async (x: unknown) => identify(bearer(await token(idp, "1", {}, { x })));
  for (let i = 0; i <= 16; i++) expect(await searches(() => numbered(i))).toBe(1);
  expect(await searches(() => numbered(16))).toBe(0);
  expect(await searches(() => numbered(0))).toBe(1);
  const long = "y".repeat(1_000);
  await numbered(long);
  expect(await searches(() => numbered(long))).toBe(1);
});

test("a token that has expired is verified once, however often it is tried", async () => {
  await idp.addKey("1");
  const { identify } = setUp({ jwt: [idp.config] }, clock);
  await identify(bearer(await token(idp, "1")));
  const late = await token(idp, "1", { exp: start / 1_000 - 60 });
  const verify = vi.spyOn(crypto.subtle, "verify");
  for (let i = 0; i < 3; i++) expect(await identify(bearer(late))).toEqual(refused(/expired/));
  expect(verify).toHaveBeenCalledTimes(1);
  verify.mockRestore();
  // It was good once: with the clock set back to then, it is again.
  clock.pass(-3_600_000);
  expect(await identify(bearer(late))).toEqual(who("alice"));
});
