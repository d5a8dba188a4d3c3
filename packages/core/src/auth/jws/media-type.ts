/** A media type as headers may shorten it (RFC 7515 §4.1.9), in the one spelling that compares. */
export function mediaType(typ: string): string {
  const lower = typ.toLowerCase();
  return lower.includes("/") ? lower : `application/${lower}`;
}
