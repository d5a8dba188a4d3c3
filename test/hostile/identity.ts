/** Two issuers that Flux trusts, one that it does not, and every way we know to write a token that must not pass. */
import { createHmac, createPublicKey, KeyObject, sign } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  base64url,
  CompactEncrypt,
  CompactSign,
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWK,
} from "jose";

/** Stands in whatever a hostile request could make somebody repeat. */
export const marker = "zz-inject";
export const audience = "https://api.example.com";

interface Signer {
  readonly issuer: string;
  readonly alg: string;
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

type Json = Record<string, unknown>;

export interface Identity {
  readonly issuers: readonly {
    readonly issuer: string;
    readonly audience: string;
    readonly jwks: URL;
  }[];
  /** A token that passes, unless what is changed about it is wrong. A string is taken for the payload as it stands. */
  token(claims?: Json | string, header?: Json, signer?: Signer): Promise<string>;
  /** By what is wrong with it: tokens that must be refused as `invalid_token`. */
  badTokens(): Promise<Map<string, string>>;
  readonly rsa: Signer;
  readonly ec: Signer;
  readonly stranger: Signer;
  close(): Promise<void>;
}

const encode = (value: unknown) =>
  base64url.encode(typeof value === "string" ? value : JSON.stringify(value));
const seconds = () => Math.floor(Date.now() / 1_000);

export async function startIdentity(): Promise<Identity> {
  const published = new Map<string, JWK[]>();
  const server = createServer((request, response) => {
    const keys = published.get(request.url ?? "");
    response.statusCode = keys === undefined ? 404 : 200;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ keys }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function signer(name: string, alg: string): Promise<Signer> {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid: `${name}-1`, alg, use: "sig" };
    published.set(`/${name}`, [jwk]);
    return { issuer: `${origin}/${name}`, alg, kid: `${name}-1`, privateKey, publicKey, jwk };
  }
  const rsa = await signer("rsa", "RS256");
  const ec = await signer("ec", "ES256");
  const stranger = await signer("stranger", "RS256");

  const claimsOf = (by: Signer, claims: Json): Json => ({
    iss: by.issuer,
    aud: audience,
    sub: "reader",
    orgs: ["acme"],
    scope: "reports:read",
    iat: seconds(),
    exp: seconds() + 3_600,
    ...claims,
  });

  async function token(claims: Json | string = {}, header: Json = {}, by: Signer = rsa) {
    const payload = typeof claims === "string" ? claims : JSON.stringify(claimsOf(by, claims));
    return new CompactSign(new TextEncoder().encode(payload))
      .setProtectedHeader({ alg: by.alg, kid: by.kid, ...header } as never)
      .sign(by.privateKey);
  }

  /** With any header, and a signature of one's own making. */
  function forged(header: Json | string, claims: Json | string, sign: (input: string) => string) {
    const input = `${encode(header)}.${encode(claims)}`;
    return `${input}.${sign(input)}`;
  }

  /** A good signature, whatever it signs. */
  const truly = (input: string) =>
    sign("sha256", Buffer.from(input), KeyObject.from(rsa.privateKey as never)).toString(
      "base64url",
    );

  async function badTokens(): Promise<Map<string, string>> {
    const bad = new Map<string, string>();
    const good = await token();
    const [head, payload, signature] = good.split(".") as [string, string, string];
    const staff = claimsOf(rsa, { roles: ["staff", "admin"], scope: "exports:write reports:read" });
    const withAlg = (alg: unknown) => ({ alg, kid: rsa.kid, typ: "JWT" });

    for (const alg of [
      "none",
      "None",
      "NONE",
      "nOnE",
      "none ",
      " none",
      "none\u0000",
      "",
      "nοne",
    ]) {
      bad.set(
        `alg ${JSON.stringify(alg)} unsigned`,
        forged(withAlg(alg), staff, () => ""),
      );
      bad.set(`alg ${JSON.stringify(alg)} signed`, forged(withAlg(alg), staff, truly));
    }
    for (const alg of [
      null,
      0,
      true,
      [],
      ["RS256"],
      {},
      undefined,
      "rs256",
      "RS256 ",
      "RS1",
      "HS256",
    ])
      bad.set(`alg ${JSON.stringify(alg)}`, forged(withAlg(alg), staff, truly));

    const pem = await exportSPKI(rsa.publicKey);
    const publicKey = createPublicKey(pem);
    const secrets: Record<string, string | Buffer> = {
      "the PEM": pem,
      "the PEM without its last line end": pem.trimEnd(),
      "the PEM with CRLF": pem.replaceAll("\n", "\r\n"),
      "the PKCS #1 PEM": publicKey.export({ type: "pkcs1", format: "pem" }) as string,
      "the DER": publicKey.export({ type: "spki", format: "der" }),
      "the PKCS #1 DER": publicKey.export({ type: "pkcs1", format: "der" }),
      "the JWK": JSON.stringify(rsa.jwk),
      "the modulus": Buffer.from(rsa.jwk.n as string, "base64url"),
      "the modulus in base64url": rsa.jwk.n as string,
      "an empty secret": "",
    };
    for (const [name, secret] of Object.entries(secrets))
      for (const [alg, hash] of [
        ["HS256", "sha256"],
        ["HS512", "sha512"],
      ] as const)
        bad.set(
          `${alg} with ${name}`,
          forged(withAlg(alg), staff, (input) =>
            createHmac(hash, secret).update(input).digest("base64url"),
          ),
        );

    bad.set("the other issuer's kid", await token({}, { kid: ec.kid }));
    bad.set("signed by the other issuer", await token({ iss: rsa.issuer }, {}, ec));
    bad.set(
      "signed by the other issuer under this one's kid",
      await token({ iss: rsa.issuer }, { kid: rsa.kid }, ec),
    );
    bad.set("of an issuer nobody trusts", await token({}, {}, stranger));
    bad.set(
      "by a stranger under a known kid",
      await token({ iss: rsa.issuer }, { kid: rsa.kid }, stranger),
    );
    for (const kid of [
      "../../../../dev/null",
      "/etc/passwd",
      "' OR 1=1 --",
      "'; DROP TABLE keys; --",
      "|sleep 9",
      `${marker}\r\nset-cookie: a=b`,
      "__proto__",
      "constructor",
      "",
      "\u0000",
      "http://127.0.0.1:1/keys",
      "k".repeat(6_000),
    ])
      bad.set(
        `kid ${JSON.stringify(kid.slice(0, 30))}`,
        await token({}, { kid }, { ...stranger, issuer: rsa.issuer }),
      );
    for (const kid of [null, 1, [], {}, true])
      bad.set(
        `kid ${JSON.stringify(kid)}`,
        forged({ alg: "RS256", kid }, claimsOf(rsa, {}), truly),
      );
    for (const [name, extra] of Object.entries({
      jwk: { jwk: stranger.jwk },
      jku: { jku: `${stranger.issuer}` },
      x5u: { x5u: `${stranger.issuer}` },
      x5c: { x5c: [encode("certificate")] },
    }))
      bad.set(
        `brings its own key by ${name}`,
        await token({}, extra, { ...stranger, issuer: rsa.issuer, kid: rsa.kid }),
      );
    bad.set("b64 false", forged({ ...withAlg("RS256"), b64: false, crit: ["b64"] }, staff, truly));
    bad.set("an unknown crit", forged({ ...withAlg("RS256"), crit: ["x"], x: 1 }, staff, truly));

    const claims: Record<string, Json | string> = {
      expired: { exp: seconds() - 60 },
      "expired at 0": { exp: 0 },
      "exp negative": { exp: -1 },
      "no exp": { exp: undefined },
      "exp a string": { exp: String(seconds() + 3_600) },
      "exp null": { exp: null },
      "exp an array": { exp: [seconds() + 3_600] },
      "exp an object": { exp: {} },
      "exp true": { exp: true },
      "exp 1e308": { exp: 1e308 },
      "exp beyond any number": JSON.stringify(claimsOf(rsa, { exp: 7 })).replace(
        '"exp":7',
        '"exp":1e999',
      ),
      "not yet valid": { nbf: seconds() + 600 },
      "nbf a string": { nbf: String(seconds() - 1) },
      "nbf null": { nbf: null },
      "another audience": { aud: "https://other.example.com" },
      "other audiences": { aud: [`${audience}/`, "api"] },
      "no audience": { aud: undefined },
      "aud an object": { aud: { [audience]: true } },
      "aud true": { aud: true },
      "no sub": { sub: undefined },
      "sub empty": { sub: "" },
      "sub a number": { sub: 7 },
      "sub an object": { sub: { toString: "x" } },
      "sub of 10 kB": { sub: "s".repeat(5_000) },
      "iss with a slash": { iss: `${rsa.issuer}/` },
      "iss in capitals": { iss: rsa.issuer.toUpperCase() },
      "iss an array": { iss: [rsa.issuer] },
      "iss __proto__": { iss: "__proto__" },
      "iss constructor": { iss: "constructor" },
      "no iss": { iss: undefined },
      "iss of the API keys": { iss: "apikey" },
      "payload an array": "[]",
      "payload null": "null",
      "payload a string": '"x"',
      "payload no JSON": "{",
      "payload empty object": "{}",
    };
    for (const [name, given] of Object.entries(claims)) bad.set(name, await token(given));

    bad.set("no signature", `${head}.${payload}.`);
    bad.set("two parts", `${head}.${payload}`);
    bad.set("four parts", `${good}.x`);
    bad.set(
      "a JWE",
      await new CompactEncrypt(new TextEncoder().encode(JSON.stringify(staff)))
        .setProtectedHeader({ alg: "RSA-OAEP-256", enc: "A256GCM" })
        .encrypt((await generateKeyPair("RSA-OAEP-256")).publicKey),
    );
    bad.set(
      "the signature of another",
      (await token({ sub: "other" })).replace(/[^.]*\.[^.]*/, `${head}.${payload}`),
    );
    bad.set("a changed payload", `${head}.${encode(staff)}.${signature}`);
    bad.set(
      "a changed header",
      `${encode({ ...withAlg("RS256"), cty: "x" })}.${payload}.${signature}`,
    );
    bad.set("a shorter signature", `${head}.${payload}.${signature.slice(0, -4)}`);
    bad.set("a longer signature", `${good}AAAA`);
    bad.set("padding", `${good}==`);
    bad.set("white space inside", `${head} .${payload}.${signature}`);
    bad.set("a tab inside", `${head}.${payload}.\t${signature}`);
    bad.set("standard base64", good.replaceAll("-", "+").replaceAll("_", "/").replace(/^/, "+"));
    bad.set(
      "JSON serialization",
      JSON.stringify({ payload, protected: head, signature }).replaceAll(",", ";"),
    );
    bad.set("nothing", "");
    bad.set("dots", "..");
    bad.set("a word", marker);
    // CVE-2022-21449: the signature whose numbers are zero.
    const zero = base64url.encode(new Uint8Array(64));
    bad.set(
      "an ES256 signature of zeros",
      forged({ alg: "ES256", kid: ec.kid }, claimsOf(ec, {}), () => zero),
    );
    bad.set("RS256 on an EC key", forged({ alg: "RS256", kid: ec.kid }, claimsOf(ec, {}), truly));
    bad.set(
      "nested too deep",
      forged(withAlg("RS256"), `${"[".repeat(3_000)}${"]".repeat(3_000)}`, truly),
    );
    return bad;
  }

  return {
    issuers: [rsa, ec].map(({ issuer }) => ({ issuer, audience, jwks: new URL(issuer) })),
    token,
    badTokens,
    rsa,
    ec,
    stranger,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
