import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileClientAddress, unknownAddress } from "./client-address.ts";
import type { Facts } from "./facts.ts";

function facts(given: Partial<Facts> & { forwarded?: string | string[] }): Facts {
  const { forwarded, ...rest } = given;
  const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  return { method: "GET", url: "/", headers, ...rest };
}

describe("without options", () => {
  const address = compileClientAddress(undefined);

  it("is the framework's address, whatever X-Forwarded-For says", () => {
    expect(address(facts({ ip: "192.0.2.1", peer: "10.0.0.1", forwarded: "203.0.113.9" }))).toBe(
      "192.0.2.1",
    );
  });

  it("counts an IPv6 household as one client and names its network canonically", () => {
    const network = "2001:db8:0:ab00::/56";
    expect(address(facts({ ip: "2001:db8:0:ab01::1" }))).toBe(network);
    expect(address(facts({ ip: "2001:0DB8:0000:AB77:1:2:3:4" }))).toBe(network);
    expect(address(facts({ ip: "2001:db8:0:ac01::1" }))).not.toBe(network);
  });

  it("drops zones and shows IPv4-mapped addresses as IPv4", () => {
    expect(address(facts({ ip: "fe80::1%eth0" }))).toBe("fe80::/56");
    expect(address(facts({ ip: "::ffff:192.0.2.1" }))).toBe("192.0.2.1");
    expect(address(facts({ ip: "::ffff:c000:201" }))).toBe("192.0.2.1");
  });

  it.each([
    undefined,
    "",
    "unix:",
    "localhost",
    "1.2.3",
    "1.2.3.04",
    "256.1.1.1",
    "::1::",
    "x".repeat(9000),
  ])("puts %j into the one bucket of unknown clients", (ip) => {
    expect(address(facts({ ip }))).toBe(unknownAddress);
  });
});

describe("trustedHops", () => {
  const forwarded = "198.51.100.1, 203.0.113.2, 203.0.113.3";
  it.each([
    [0, "10.0.0.1"],
    [1, "203.0.113.3"],
    [2, "203.0.113.2"],
    [3, "198.51.100.1"],
    [4, "198.51.100.1"],
  ])("with %i takes that many entries before the peer", (trustedHops, expected) => {
    const address = compileClientAddress({ trustedHops });
    expect(address(facts({ peer: "10.0.0.1", ip: "6.6.6.6", forwarded }))).toBe(expected);
  });

  it("reads repeated headers as one list", () => {
    const address = compileClientAddress({ trustedHops: 2 });
    const request = facts({
      peer: "10.0.0.1",
      forwarded: ["198.51.100.1", "203.0.113.2, 203.0.113.3"],
    });
    expect(address(request)).toBe("203.0.113.2");
  });

  it("reads entries with ports and brackets", () => {
    const address = compileClientAddress({ trustedHops: 1, ipv6Prefix: 128 });
    const client = (entry: string) => address(facts({ peer: "10.0.0.1", forwarded: entry }));
    expect(client("192.0.2.1:80")).toBe("192.0.2.1");
    expect(client("[2001:db8::1]:80")).toBe("2001:db8::1");
    expect(client("[2001:db8::1]")).toBe("2001:db8::1");
    expect(client("2001:db8::1")).toBe("2001:db8::1");
  });

  it("stops at the last trusted address before one that is none", () => {
    const address = compileClientAddress({ trustedHops: 2 });
    expect(address(facts({ peer: "10.0.0.1", forwarded: "1.1.1.1, oops, 203.0.113.3" }))).toBe(
      "203.0.113.3",
    );
    expect(address(facts({ peer: "10.0.0.1", forwarded: "1.1.1.1, 2.2.2.2, oops" }))).toBe(
      "10.0.0.1",
    );
    expect(address(facts({ peer: "10.0.0.1", forwarded: "" }))).toBe("10.0.0.1");
  });

  it("counts from the framework's address where the peer is not known, and behind a socket file", () => {
    const address = compileClientAddress({ trustedHops: 1 });
    expect(address(facts({ ip: "10.0.0.1" }))).toBe("10.0.0.1");
    expect(address(facts({ forwarded: "203.0.113.3" }))).toBe("203.0.113.3");
  });

  it("never lets what a client sends decide, beyond the hops that are trusted", () => {
    const address = compileClientAddress({ trustedHops: 1 });
    fc.assert(
      fc.property(fc.string(), (spoofed) => {
        const chain = `${spoofed}, 203.0.113.3`;
        expect(address(facts({ peer: "10.0.0.1", forwarded: chain }))).toBe("203.0.113.3");
      }),
    );
  });
});

it("brings what a function gives into the same form", () => {
  const address = compileClientAddress((given) => given.pattern);
  expect(address(facts({ pattern: "2001:db8::1" }))).toBe("2001:db8::/56");
  expect(address(facts({ pattern: "nonsense" }))).toBe(unknownAddress);
  expect(address(facts({ ip: "192.0.2.1" }))).toBe(unknownAddress);
});

it("has the same answer for an address the second time", () => {
  const address = compileClientAddress({ ipv6Prefix: 64 });
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (ip) => {
      expect(address(facts({ ip }))).toBe(address(facts({ ip })));
    }),
  );
});
