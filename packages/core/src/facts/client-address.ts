import { BoundedMap } from "../support/bounded-map.ts";
import { copyOf } from "../support/copy-of.ts";
import { isLateAnswer } from "../support/silence.ts";
import { type Facts, header } from "./facts.ts";
import { canonicalAddress } from "./ip-address.ts";

/** The client's address as limits count it: canonical, an IPv6 client's network for the client. */
export type ClientAddress = (facts: Facts) => string;

interface ClientAddressOptions {
  /**
   * How many proxies of one's own stand before the server, 0 or more: the client is that many entries
   * before the connection's other end in `X-Forwarded-For`. Not given: the framework's own `facts.ip`.
   */
  readonly trustedHops?: number | undefined;
  /** Bits of an IPv6 address that name one client, 0 to 128; default 56, what a provider gives a household. */
  readonly ipv6Prefix?: number | undefined;
}

/** The one name of all clients whose address is missing or no address: garbage earns no counter of its own. */
export const unknownAddress = "unknown";

const defaultIpv6Prefix = 56;
/** IPv6 in its longest form with brackets, a zone and a port; nothing longer is looked at. */
const maximumLength = 80;
const cachedAddresses = 10_000;

/**
 * Compiles how the client's address is found.
 * @param options hops and prefix, or a function that gives the address itself; what it gives is
 *   brought into canonical form all the same.
 */
export function compileClientAddress(
  options: undefined | ClientAddressOptions | ((facts: Facts) => string | undefined),
): ClientAddress {
  if (typeof options === "function") {
    const canonical = compileCanonical(defaultIpv6Prefix);
    return (facts) => {
      const given = options(facts);
      isLateAnswer(given);
      return canonical(given);
    };
  }
  const canonical = compileCanonical(options?.ipv6Prefix ?? defaultIpv6Prefix);
  const hops = options?.trustedHops;
  if (hops === undefined) return (facts) => canonical(facts.ip);
  return (facts) => forwardedAddress(facts, hops, canonical);
}

/** The canonical form, or `unknownAddress`. */
type Canonical = (text: unknown) => string;

/** Walks from the connection's other end towards the client, no further than addresses and trust go. */
function forwardedAddress(facts: Facts, hops: number, canonical: Canonical): string {
  let address = canonical(facts.peer ?? facts.ip);
  const value = hops === 0 ? undefined : header(facts, "x-forwarded-for");
  if (value === undefined) return address;
  const chain = typeof value === "string" ? value : value.join(",");
  let end = chain.length;
  for (let hop = 0; hop < hops && end >= 0; hop++) {
    const comma = chain.lastIndexOf(",", end - 1);
    const next = canonical(chain.slice(comma + 1, end));
    if (next === unknownAddress) return address;
    address = next;
    end = comma;
  }
  return address;
}

/** Remembers what texts stand for, so that a known client costs one look-up. */
function compileCanonical(ipv6Prefix: number): Canonical {
  const known = new BoundedMap<string, string>(cachedAddresses);
  return (text) => {
    if (typeof text !== "string" || text.length > maximumLength) return unknownAddress;
    const before = known.get(text);
    if (before !== undefined) return before;
    const address = canonicalAddress(withoutPort(text.trim()), ipv6Prefix);
    if (address === undefined) return unknownAddress;
    known.set(copyOf(text), address);
    return address;
  };
}

/** `1.2.3.4:80`, `[2001:db8::1]:80` and `[2001:db8::1]` without port and brackets. */
function withoutPort(text: string): string {
  const match = /^(?:\[([^\]]*:[^\]]*)\]|([^:[\]]*))(?::[0-9]{1,5})?$/.exec(text);
  return match?.[1] ?? match?.[2] ?? text;
}
