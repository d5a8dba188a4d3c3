import { SignJWT } from "jose";

export const issuer = "flux-example";
/** For the example alone: a real secret comes from the environment, and is random. */
export const secret = process.env.SESSION_SECRET ?? "an example's secret is not a secret";

/** Those who can sign in, and the customer each works for. */
export const people = { ann: "acorn", ben: "birch" } as const;
export type Person = keyof typeof people;

/** What the cookie `session` holds: a token of one hour. */
export function sessionOf(person: Person): Promise<string> {
  return new SignJWT({ org_id: people[person] })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer(issuer)
    .setAudience(issuer)
    .setSubject(person)
    .setIssuedAt()
    .setExpirationTime("1h")
    .sign(new TextEncoder().encode(secret));
}
