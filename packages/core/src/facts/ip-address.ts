/** The eight groups of an IPv6 address. */
type Groups = readonly number[];

/** Four decimal numbers without leading zeros, which some parsers read as octal (RFC 6943 §3.1.1). */
const decimal = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
const ipv4 = new RegExp(`^${decimal}(?:[.]${decimal}){3}$`);

/**
 * An address in its one canonical form: dotted IPv4 (also for IPv4-mapped IPv6), or the network of an
 * IPv6 address as RFC 5952 writes it.
 * @param text an address alone; an IPv6 zone (`%eth0`) is dropped.
 * @param ipv6Prefix bits of an IPv6 address that are kept, 0 to 128.
 * @returns `undefined` where it is no address.
 */
export function canonicalAddress(text: string, ipv6Prefix: number): string | undefined {
  if (!text.includes(":")) return ipv4.test(text) ? text : undefined;
  const zone = text.indexOf("%");
  const groups = parseIpv6(zone === -1 ? text : text.slice(0, zone));
  if (groups === undefined || zone === text.length - 1) return undefined;
  if (isMapped(groups)) return dotted(groups[6] as number, groups[7] as number);
  const network = formatIpv6(groups.map((group, index) => masked(group, index, ipv6Prefix)));
  return ipv6Prefix === 128 ? network : `${network}/${ipv6Prefix}`;
}

/** RFC 4291 §2.2, with the dotted form at the end. */
function parseIpv6(text: string): Groups | undefined {
  if (text.length > 45) return undefined;
  const gap = text.indexOf("::");
  if (gap === -1) {
    const groups = parseGroups(text, true);
    return groups?.length === 8 ? groups : undefined;
  }
  const head = parseGroups(text.slice(0, gap), false);
  const tail = parseGroups(text.slice(gap + 2), true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  return missing < 1 ? undefined : [...head, ...new Array<number>(missing).fill(0), ...tail];
}

/** @param last whether these groups end the address, so that the last two may be dotted. */
function parseGroups(text: string, last: boolean): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    if (!last || index !== parts.length - 1 || !ipv4.test(part)) return undefined;
    const [a, b, c, d] = part.split(".").map(Number) as [number, number, number, number];
    groups.push(a * 256 + b, c * 256 + d);
  }
  return groups;
}

/** `::ffff:0:0/96` (RFC 4291 §2.5.5.2): how a dual-stack socket shows an IPv4 client. */
function isMapped(groups: Groups): boolean {
  return groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
}

function dotted(high: number, low: number): string {
  return `${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`;
}

/** What a prefix keeps of a group. */
function masked(group: number, index: number, prefix: number): number {
  const dropped = Math.min(16, Math.max(0, (index + 1) * 16 - prefix));
  return (group >> dropped) << dropped;
}

/** RFC 5952 §4: lower case, no leading zeros, the first longest run of two or more zero groups as "::". */
function formatIpv6(groups: Groups): string {
  let bestStart = -1;
  let bestLength = 1;
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > bestLength) {
      bestStart = start;
      bestLength = length;
    }
  }
  const hex = groups.map((group) => group.toString(16));
  if (bestStart === -1) return hex.join(":");
  const head = hex.slice(0, bestStart).join(":");
  const tail = hex.slice(bestStart + bestLength).join(":");
  return `${head}::${tail}`;
}
