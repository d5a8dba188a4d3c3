import * as nodeCrypto from "node:crypto";
import { base64url, CompactSign, type CryptoKey, compactVerify, generateKeyPair } from "jose";
import { describe, expect, test, vi } from "vitest";
import { asymmetricAlgorithms, hmacSecretBytes } from "../../support/jws-algorithms.ts";
import { readCompact, signatureBytes, signedBytes } from "./compact.ts";
import { createVerifier, isWeak, type Verifier } from "./verifier.ts";
import { verifierInNode } from "./verifier-in-node.ts";
import { webCryptoVerifier } from "./web-crypto-verifier.ts";

type Key = CryptoKey | Uint8Array;

interface Pair {
  readonly sign: Key;
  readonly verify: Key;
}

async function pairOf(alg: string): Promise<Pair> {
  const bytes = (hmacSecretBytes as Record<string, number>)[alg];
  if (bytes !== undefined) {
    const secret = crypto.getRandomValues(new Uint8Array(bytes));
    return { sign: secret, verify: secret };
  }
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { sign: privateKey, verify: publicKey };
}

const tokenOf = (alg: string, { sign }: Pair) =>
  new CompactSign(new TextEncoder().encode('{"sub":"ä"}')).setProtectedHeader({ alg }).sign(sign);

async function ask(verify: Verifier, text: string): Promise<boolean> {
  const token = readCompact(text);
  if (token === undefined) throw new Error("no token");
  try {
    return await verify(signedBytes(token), signatureBytes(token));
  } catch {
    return false;
  }
}

const joseSays = (text: string, key: Key, alg: string) =>
  compactVerify(text, key, { algorithms: [alg] }).then(
    () => true,
    () => false,
  );

/** The token, and what forgers make of it: each character of its signature changed, and signatures of other lengths. */
function variants(token: string): string[] {
  const dot = token.lastIndexOf(".") + 1;
  const signature = base64url.decode(token.slice(dot));
  const withSignature = (bytes: Uint8Array) => token.slice(0, dot) + base64url.encode(bytes);
  const flipped = Array.from({ length: signature.length }, (_, i) =>
    withSignature(signature.map((byte, at) => (at === i ? byte ^ 1 : byte))),
  );
  return [
    token,
    token.replace(".", ".e"),
    ...flipped,
    withSignature(signature.subarray(0, -1)),
    withSignature(signature.subarray(0, 1)),
    withSignature(new Uint8Array([0, ...signature])),
    withSignature(new Uint8Array([...signature, 0])),
    withSignature(new Uint8Array(signature.length)),
    withSignature(new Uint8Array(signature.length).fill(0xff)),
  ].filter((text) => readCompact(text) !== undefined);
}

describe.each([...Object.keys(hmacSecretBytes), ...asymmetricAlgorithms])("%s", (alg) => {
  test("each way to verify says what jose says of a token and of all that is near it", async () => {
    const { sign, verify } = await pairOf(alg);
    const token = await tokenOf(alg, { sign, verify });
    const ways = [await createVerifier(alg, verify), await webCryptoVerifier(alg, verify)];
    const answers = [];
    for (const text of variants(token)) {
      const expected = await joseSays(text, verify, alg);
      for (const way of ways) expect([text, await ask(way, text)]).toEqual([text, expected]);
      answers.push(expected);
    }
    expect(answers.filter(Boolean)).toHaveLength(1);
  });

  test("a signature by another key is none", async () => {
    const [ours, theirs] = [await pairOf(alg), await pairOf(alg)];
    const token = await tokenOf(alg, theirs);
    for (const create of [createVerifier, webCryptoVerifier]) {
      expect(await ask(await create(alg, theirs.verify), token)).toBe(true);
      expect(await ask(await create(alg, ours.verify), token)).toBe(false);
    }
  });
});

describe("the same key signs otherwise", () => {
  /** The private key for another scheme, hash or salt, and the token's own bytes signed by it. */
  async function resigned(pair: Pair, token: string, name: string, hash: string, salt: number) {
    const jwk = await crypto.subtle.exportKey("jwk", pair.sign as CryptoKey);
    const scheme = { name, hash };
    const { alg: _alg, ...rest } = jwk;
    const key = await crypto.subtle.importKey("jwk", rest, scheme, false, ["sign"]);
    const dot = token.lastIndexOf(".");
    const bytes = new TextEncoder().encode(token.slice(0, dot));
    const signature = await crypto.subtle.sign({ ...scheme, saltLength: salt }, key, bytes);
    return `${token.slice(0, dot)}.${base64url.encode(new Uint8Array(signature))}`;
  }

  test.each(["RS256", "PS256"])("than %s says", async (alg) => {
    const pair = await pairOf(alg);
    const token = await tokenOf(alg, pair);
    const [pkcs1, pss] = ["RSASSA-PKCS1-v1_5", "RSA-PSS"];
    const accepted = [];
    for (const [name, hash, salt] of [
      [pkcs1, "SHA-256", 0],
      [pkcs1, "SHA-512", 0],
      [pss, "SHA-256", 32],
      [pss, "SHA-256", 0],
      [pss, "SHA-256", 64],
      [pss, "SHA-512", 32],
    ] as [string, string, number][]) {
      const other = await resigned(pair, token, name, hash, salt);
      const expected = await joseSays(other, pair.verify, alg);
      for (const create of [createVerifier, webCryptoVerifier])
        expect([name, hash, salt, await ask(await create(alg, pair.verify), other)]).toEqual([
          name,
          hash,
          salt,
          expected,
        ]);
      if (expected) accepted.push(name);
    }
    expect(accepted).toEqual([alg === "RS256" ? pkcs1 : pss]);
  });
});

describe("Node verifies by itself", () => {
  test.each(["RS256", "RS512", "HS256"])("what costs less than another thread: %s", async (alg) => {
    expect(verifierInNode(alg, (await pairOf(alg)).verify)).toBeDefined();
  });

  test.each(["ES256", "ES512", "EdDSA", "PS256"])(
    "and nothing that would keep it busy, or by which others err: %s",
    async (alg) => {
      expect(verifierInNode(alg, (await pairOf(alg)).verify)).toBeUndefined();
    },
  );

  test("nor a key of RSA that is beyond the usual, or must not be exported", async () => {
    const scheme = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    const publicExponent = new Uint8Array([1, 0, 1]);
    const rsa = async (modulusLength: number) =>
      (
        await crypto.subtle.generateKey({ ...scheme, modulusLength, publicExponent }, true, [
          "sign",
          "verify",
        ])
      ).publicKey;
    const usual = await rsa(2_048);
    const jwk = await crypto.subtle.exportKey("jwk", usual);
    const imported = (changes: object, extractable: boolean) =>
      crypto.subtle.importKey("jwk", { ...jwk, ...changes }, scheme, extractable, ["verify"]);
    expect(verifierInNode("RS256", usual)).toBeDefined();
    expect(verifierInNode("RS256", await rsa(3_072))).toBeUndefined();
    expect(verifierInNode("RS256", await imported({ e: "AQAAAQ" }, true))).toBeUndefined();
    expect(verifierInNode("RS256", await imported({}, false))).toBeUndefined();
    expect(isWeak(usual)).toBe(false);
    expect(isWeak(await rsa(1_024))).toBe(true);
  });

  test("and not at all where what looks like it cannot verify", async () => {
    const { verify } = await pairOf("RS256");
    const lacking = (changes: object) =>
      vi.spyOn(process, "getBuiltinModule").mockReturnValue({ ...nodeCrypto, ...changes });
    try {
      for (const changes of [{ verify: () => true }, { verify: fails }, { KeyObject: {} }]) {
        lacking(changes);
        expect(verifierInNode("RS256", verify)).toBeUndefined();
      }
      vi.spyOn(process, "getBuiltinModule").mockImplementation(fails);
      expect(verifierInNode("RS256", verify)).toBeUndefined();
      lacking({});
      expect(verifierInNode("RS256", verify)).toBeDefined();
    } finally {
      vi.restoreAllMocks();
    }
  });
});

const fails = () => {
  throw new Error("not implemented");
};
