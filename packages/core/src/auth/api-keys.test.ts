import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import type { ApiKeyRecord } from "../config/auth-types.ts";
import type { ApiKeysConfig } from "./auth-config.ts";
import { Credential } from "./credential.ts";
import { generateApiKey } from "./generate-api-key.ts";
import { facts, setUp, start } from "./test-issuer.ts";

const second = 1_000;
let key: string;
let hash: string;
/** The database: by hash. */
let records: Map<string, unknown>;
let lookups: string[];

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const record: ApiKeyRecord = { id: "k1", tenant: "acme", scopes: ["read"], roles: "staff" };

beforeEach(async () => {
  ({ key, hash } = await generateApiKey());
  records = new Map([[hash, record]]);
  lookups = [];
});

function setUpKeys(config: Partial<ApiKeysConfig> = {}) {
  const lookup = (keyHash: string) => {
    lookups.push(keyHash);
    return records.get(keyHash) as ApiKeyRecord | undefined;
  };
  const flux = setUp({ apiKeys: { header: "x-api-key", lookup, ...config } });
  const send = (value: string) => facts({ "x-api-key": value });
  return {
    ...flux,
    use: (value = key) => flux.identify(send(value)),
    recall: (value = key) => flux.authenticator.recall(flux.walkOf(send(value))),
  };
}

const invalid = (detail: RegExp) =>
  expect.objectContaining({ code: "invalid_token", detail: expect.stringMatching(detail) });

describe("a known key", () => {
  it("is the principal of its record", async () => {
    const { use } = setUpKeys();
    expect(await use()).toEqual({
      id: "apikey|k1",
      type: "apiKey",
      issuer: "apikey",
      subject: "k1",
      scopes: ["read"],
      roles: ["staff"],
      permissions: [],
      tenant: "acme",
      tenants: ["acme"],
      claims: record,
    });
  });

  it("reaches the lookup as a hash, never as a key", async () => {
    await setUpKeys().use();
    expect(lookups).toEqual([hash]);
  });

  it("is answered synchronously from then on, with the same principal each time", async () => {
    const { recall, use } = setUpKeys();
    expect(recall()).toBeInstanceOf(Credential);
    const principal = await use();
    expect(recall(`${key.slice(0, 3)}${key.slice(3)}`)).toBe(principal);
    expect(recall()).toBe(principal);
    expect(lookups).toHaveLength(1);
  });

  it("is looked up once however many bring it at the same time", async () => {
    const { use } = setUpKeys({
      lookup: async (keyHash) => {
        lookups.push(keyHash);
        await new Promise((resolve) => setTimeout(resolve, 5));
        return record;
      },
    });
    const principals = await Promise.all(Array.from({ length: 1_000 }, () => use()));
    expect(new Set(principals).size).toBe(1);
    expect(lookups).toHaveLength(1);

    lookups = [];
    const immediate = setUpKeys();
    await Promise.all(Array.from({ length: 1_000 }, () => immediate.use()));
    expect(lookups).toHaveLength(1);
  });

  it("is looked up again after thirty seconds, so that a revocation takes no longer", async () => {
    const { clock, use } = setUpKeys();
    await use();
    records.set(hash, { ...record, disabled: true });
    clock.pass(30 * second - 1);
    expect(await use()).toMatchObject({ subject: "k1" });
    clock.pass(1);
    expect(await use()).toEqual(invalid(/disabled/));
  });

  it("counts that time from the question, not from the answer", async () => {
    const { clock, recall, use } = setUpKeys({
      lookup: async () => {
        clock.pass(20 * second);
        return record;
      },
    });
    await use();
    clock.pass(10 * second);
    expect(recall()).toBeInstanceOf(Credential);
  });

  it("is looked up each time where nothing may be cached", async () => {
    const { use } = setUpKeys({ cacheFor: 0 });
    await use();
    await use();
    expect(lookups).toHaveLength(2);
  });

  it("expires on time although it is cached", async () => {
    for (const expiresAt of [
      start + second,
      new Date(start + second),
      new Date(start + second).toISOString(),
    ]) {
      records.set(hash, { ...record, expiresAt });
      const { clock, use } = setUpKeys();
      expect(await use()).toMatchObject({ subject: "k1" });
      clock.pass(second - 1);
      expect(await use()).toMatchObject({ subject: "k1" });
      clock.pass(1);
      expect(await use()).toEqual(invalid(/expired/));
    }
  });

  it("belongs to no tenant where its record names none", async () => {
    records.set(hash, { id: "k1", tenant: null, scopes: null, expiresAt: null, disabled: null });
    expect(await setUpKeys().use()).toMatchObject({ tenants: [], scopes: [] });
  });

  it("does not change when the database changes what it handed out", async () => {
    const mutable = { ...record, scopes: ["read"] };
    records.set(hash, mutable);
    const { use } = setUpKeys();
    await use();
    mutable.scopes.push("admin");
    mutable.id = "k2";
    expect(await use()).toMatchObject({ subject: "k1", scopes: ["read"] });
  });
});

describe("a key that is refused", () => {
  it("unknown: is looked up once in five seconds", async () => {
    records.clear();
    const { clock, use } = setUpKeys();
    expect(await use()).toEqual(invalid(/unknown/));
    clock.pass(5 * second - 1);
    expect(await use()).toEqual(invalid(/unknown/));
    expect(lookups).toHaveLength(1);
    records.set(hash, record);
    clock.pass(1);
    expect(await use()).toMatchObject({ subject: "k1" });
  });

  it("mistyped: is refused without a lookup", async () => {
    const mistyped = key.slice(0, -1) + (key.endsWith("0") ? "1" : "0");
    for (const value of [mistyped, `${key}x`, "flux_", `flux_${"a".repeat(40)}`])
      expect(setUpKeys().recall(value)).toEqual(invalid(/malformed/));
    expect(lookups).toEqual([]);
  });

  it("of another prefix: is refused where one is configured, and looked up where none is", async () => {
    const foreign = "sk_live_0123456789abcdef";
    records.set(sha256(foreign), record);
    expect(await setUpKeys().use(foreign)).toMatchObject({ subject: "k1" });
    expect(setUpKeys({ prefix: "flux" }).recall(foreign)).toEqual(invalid(/malformed/));
    expect(setUpKeys({ prefix: "acme" }).recall(key)).toEqual(invalid(/malformed/));
    expect(setUpKeys({ prefix: "flu" }).recall(key)).toEqual(invalid(/malformed/));
  });

  it.each([
    ["empty", ""],
    ["too short", "a".repeat(15)],
    ["too long", "a".repeat(513)],
    ["a megabyte", "a".repeat(1_000_000)],
    ["with a space", "0123456789 0123456789"],
    ["with a letter beyond ASCII", "0123456789abcdefé"],
    ["with a control character", "0123456789abcdef\u0000"],
  ])("%s: is refused without a lookup", (_what, value) => {
    expect(setUpKeys().recall(value)).toEqual(invalid(/malformed/));
    expect(lookups).toEqual([]);
  });

  it("whose record is another key's: is refused", async () => {
    records.set(hash, { ...record, hash: sha256("another") });
    expect(await setUpKeys().use()).toEqual(invalid(/unknown/));
    records.set(hash, { ...record, hash: hash.toUpperCase() });
    expect(await setUpKeys().use()).toMatchObject({ subject: "k1" });
  });

  it("and never pushes out a good one, however many come", async () => {
    const { recall, use } = setUpKeys();
    const principal = await use();
    for (let index = 0; index < 12_000; index++) await use(`garbage-0123456789-${index}`);
    expect(recall()).toBe(principal);
  });
});

describe("a lookup that fails", () => {
  it.each([
    [
      "throws",
      () => {
        throw new Error("no database");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no database"))],
  ])("%s: is an outage, is reported, and is not remembered", async (_how, lookup) => {
    let down = true;
    const { events, use } = setUpKeys({ lookup: () => (down ? lookup() : record) });
    expect(await use()).toMatchObject({ code: "unavailable" });
    expect(events).toMatchObject([{ source: "apiKeys", error: { message: "no database" } }]);
    down = false;
    expect(await use()).toMatchObject({ subject: "k1" });
  });

  it("does not touch a key that is known", async () => {
    let down = false;
    const { clock, use } = setUpKeys({
      lookup: () => {
        if (down) throw new Error("no database");
        return record;
      },
    });
    const principal = await use();
    down = true;
    clock.pass(29 * second);
    expect(await use()).toBe(principal);
    clock.pass(second);
    expect(await use()).toMatchObject({ code: "unavailable" });
  });

  it.each([
    ["a string", "k1"],
    ["a list", [record]],
    ["true", true],
    ["no id", { tenant: "acme" }],
    ["an empty id", { id: "" }],
    ["a number as id", { id: 1 }],
    ["an endless id", { id: "a".repeat(257) }],
    ["an inherited id", Object.create({ id: "k1" })],
    ["a number as tenant", { id: "k1", tenant: 1 }],
    ["an empty tenant", { id: "k1", tenant: "" }],
    ["scopes that are a number", { id: "k1", scopes: 1 }],
    ["roles with a number", { id: "k1", roles: ["a", 1] }],
    ["disabled as a number", { id: "k1", disabled: 1 }],
    ["disabled as a word", { id: "k1", disabled: "true" }],
    ["an expiry that is no time", { id: "k1", expiresAt: "soon" }],
    ["an expiry without a zone", { id: "k1", expiresAt: "2030-01-01T00:00:00" }],
    ["an expiry that is not a number", { id: "k1", expiresAt: Number.NaN }],
    ["an invalid date", { id: "k1", expiresAt: new Date(Number.NaN) }],
    ["a hash that is no string", { id: "k1", hash: 1 }],
  ])("%s for a record: lets nobody in, and is reported", async (_what, malformed) => {
    records.set(hash, malformed);
    const { events, use } = setUpKeys();
    expect(await use()).toMatchObject({ code: "unavailable" });
    expect(events).toMatchObject([{ source: "apiKeys" }]);
    expect(String(events[0]?.error)).not.toContain(key);
  });
});

describe("invalidate", () => {
  it.each([
    ["the key's id", () => ({ key: "k1" })],
    ["the key's hash", () => ({ key: hash })],
    ["the principal", () => ({ principal: "apikey|k1" })],
    ["the tenant", () => ({ tenant: "acme" })],
  ])("by %s makes a revocation immediate", async (_what, forgotten) => {
    const other = await generateApiKey();
    records.set(other.hash, { id: "k2", tenant: "globex" });
    const { authenticator, recall, use } = setUpKeys();
    await use();
    const untouched = await use(other.key);
    records.delete(hash);
    authenticator.invalidate(forgotten());
    expect(await use()).toEqual(invalid(/unknown/));
    expect(recall(other.key)).toBe(untouched);
  });

  it("by the hash makes a new key known at once", async () => {
    records.clear();
    const { authenticator, use } = setUpKeys();
    await use();
    records.set(hash, record);
    authenticator.invalidate({ key: hash });
    expect(await use()).toMatchObject({ subject: "k1" });
  });

  it.each([
    ["disabled", { disabled: true }],
    ["expired", { expiresAt: start }],
  ])("by the id lets a key in that was %s until now", async (_what, refused) => {
    const other = await generateApiKey();
    records.set(other.hash, { id: "k2", disabled: true });
    records.set(hash, { ...record, ...refused });
    const { authenticator, use } = setUpKeys();
    await use();
    await use(other.key);
    records.set(hash, record);
    records.delete(other.hash);
    authenticator.invalidate({ key: "k1" });
    expect(await use()).toMatchObject({ subject: "k1" });
    // The other's refusal is still believed.
    expect(await use(other.key)).toEqual(invalid(/disabled/));
  });

  it("is not undone by a lookup that was under way", async () => {
    const answers: ((found: ApiKeyRecord) => void)[] = [];
    const { authenticator, recall, use } = setUpKeys({
      lookup: () => new Promise((resolve) => answers.push(resolve)),
    });
    const asked = async (times: number) => {
      while (answers.length < times) await new Promise((resolve) => setImmediate(resolve));
    };
    const early = use();
    await asked(1);
    authenticator.invalidate({ key: "k1" });
    const late = use();
    await asked(2);

    answers[0]?.(record);
    expect(await early).toMatchObject({ subject: "k1" });
    expect(recall()).toBeInstanceOf(Credential);
    // Who comes now waits for the second answer with the second.
    const later = use();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(answers).toHaveLength(2);
    answers[1]?.({ ...record, disabled: true });
    expect([await late, await later]).toEqual([invalid(/disabled/), invalid(/disabled/)]);
  });
});
