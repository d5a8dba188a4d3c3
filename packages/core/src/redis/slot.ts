/**
 * The hash slot of a key in Redis Cluster: CRC-16/XMODEM of its hash tag, modulo 16,384
 * (Redis Cluster specification, "Key distribution model").
 */
export function slotOf(key: string): number {
  const opens = key.indexOf("{");
  const closes = key.indexOf("}", opens + 1);
  const tagged = opens >= 0 && closes > opens + 1;
  const tag = encoder.encode(tagged ? key.slice(opens + 1, closes) : key);
  let crc = 0;
  for (const byte of tag) crc = ((crc << 8) ^ (table[(crc >>> 8) ^ byte] as number)) & 0xffff;
  return crc % 16_384;
}

const encoder = new TextEncoder();

const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc;
});
