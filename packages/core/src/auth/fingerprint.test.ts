import { beforeAll, describe, expect, it, vi } from "vitest";
import { generateApiKey } from "./generate-api-key.ts";
import { bearer, facts, setUp, TestIssuer } from "./test-issuer.ts";

// The worst that can happen: every credential has the same fingerprint.
vi.mock("./fingerprint.ts", () => ({ fingerprint: () => 7 }));

describe("credentials that share a fingerprint", () => {
  const idp = new TestIssuer();
  beforeAll(() => idp.addKey("one"));

  it("are told apart: tokens", async () => {
    const { identify } = setUp({ jwt: [idp.config] });
    const alice = bearer(await idp.token("one"));
    const bob = bearer(await idp.token("one", { sub: "bob" }));
    for (let round = 0; round < 3; round++) {
      expect(await identify(alice)).toMatchObject({ subject: "alice" });
      expect(await identify(bob)).toMatchObject({ subject: "bob" });
    }
  });

  it("are told apart: API keys", async () => {
    const [first, second, unknown] = await Promise.all([1, 2, 3].map(() => generateApiKey()));
    const ids = new Map([
      [first?.hash, "first"],
      [second?.hash, "second"],
    ]);
    const { identify } = setUp({
      apiKeys: {
        header: "x-api-key",
        lookup: (hash) => (ids.has(hash) ? { id: ids.get(hash) as string } : null),
      },
    });
    const send = (made?: { key: string }) => identify(facts({ "x-api-key": made?.key ?? "" }));
    for (let round = 0; round < 3; round++) {
      expect(await send(first)).toMatchObject({ subject: "first" });
      expect(await send(unknown)).toMatchObject({ code: "invalid_token" });
      expect(await send(second)).toMatchObject({ subject: "second" });
    }
  });
});
