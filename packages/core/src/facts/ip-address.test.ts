import { BlockList, isIP, isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import { expect, it } from "vitest";
import { canonicalAddress } from "./ip-address.ts";

const nearAddress = fc
  .array(
    fc.constantFrom(
      "0",
      "1",
      "ffff",
      "FFFF",
      "1.2.3.4",
      "255",
      "256",
      "01",
      ":",
      "::",
      ".",
      "g",
      " ",
    ),
    {
      maxLength: 16,
    },
  )
  .map((parts) => parts.join(""));
const text = fc.oneof(fc.ipV4(), fc.ipV6(), nearAddress);

it("takes for an address exactly what Node takes for one", () => {
  fc.assert(
    fc.property(text, (candidate) => {
      expect(canonicalAddress(candidate, 128) !== undefined).toBe(isIP(candidate) !== 0);
    }),
    { numRuns: 2_000 },
  );
});

it("writes IPv6 as the URL standard and RFC 5952 do", () => {
  fc.assert(
    fc.property(fc.ipV6(), (candidate) => {
      const canonical = canonicalAddress(candidate, 128) as string;
      if (isIPv4(canonical))
        expect(new URL(`http://[::ffff:${canonical}]`).hostname).toBe(
          new URL(`http://[${candidate}]`).hostname,
        );
      else expect(`[${canonical}]`).toBe(new URL(`http://[${candidate}]`).hostname);
    }),
    { numRuns: 1_000 },
  );
});

it("gives a network that holds the address, and one name to all of its addresses", () => {
  fc.assert(
    fc.property(fc.ipV6(), fc.integer({ min: 1, max: 127 }), (candidate, prefix) => {
      const canonical = canonicalAddress(candidate, prefix) as string;
      if (isIPv4(canonical)) return;
      const [network, bits] = canonical.split("/") as [string, string];
      expect(Number(bits)).toBe(prefix);
      expect(isIPv6(network)).toBe(true);
      const block = new BlockList();
      block.addSubnet(network, prefix, "ipv6");
      expect(block.check(candidate, "ipv6")).toBe(true);
      expect(canonicalAddress(network, prefix)).toBe(canonical);
    }),
  );
});

it("keeps nothing of an address with a prefix of 0", () => {
  expect(canonicalAddress("2001:db8::1", 0)).toBe("::/0");
});
