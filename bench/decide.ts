/**
 * What one decision costs: a cached token in a fresh copy of the header's string, one flag with targeting,
 * a boolean and a metered feature, two limits, the memory store; timed one by one beside a bare loop that
 * does nothing but read the clock in the same rounds (the machine's own noise).
 */
import { type Decision, defineFlux } from "@flux/core";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

const issuer = "https://idp.example.com";
const audience = "https://api.example.com";

/** µs. */
export interface Percentiles {
  readonly median: number;
  readonly p999: number;
}

/** Medians over the rounds. */
export interface DecideResult {
  readonly decision: Percentiles;
  readonly bare: Percentiles;
  /** ns a decision in an unbroken loop, less what making the request takes: without reading the clock. */
  readonly loopNs: number;
  /** The same with the response's headers read, as an adapter does. */
  readonly withHeadersNs: number;
  /** Allocated by a decision, less the request's own; with the headers. */
  readonly bytes: number;
  readonly withHeadersBytes: number;
}

async function signedToken() {
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: "bench", alg: "RS256", use: "sig" };
  const token = await new SignJWT({ org_id: "acme", scope: "exports:write reports:read" })
    .setProtectedHeader({ alg: "RS256", kid: "bench" })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject("alice")
    .setIssuedAt()
    .setExpirationTime("2h")
    .sign(privateKey);
  return { jwk, token };
}

export async function benchFlux() {
  const { jwk, token } = await signedToken();
  const flux = defineFlux({
    auth: { jwt: { issuer, audience, jwks: { keys: [jwk] } } },
    tenant: { from: { claim: "org_id" }, load: () => ({ plan: "pro" }) },
    features: { exports: { kind: "boolean" }, "ai-tokens": { kind: "metered", per: "month" } },
    plans: {
      free: { features: {} },
      pro: { extends: "free", features: { exports: true, "ai-tokens": 1_000_000_000_000 } },
    },
    defaultPlan: "free",
    flags: {
      "exports-v2": {
        state: "ENABLED",
        variants: { on: true, off: false },
        defaultVariant: "off",
        targeting: {
          if: [
            { in: [{ var: "plan" }, ["pro", "scale"]] },
            "on",
            {
              fractional: [
                ["on", 10],
                ["off", 90],
              ],
            },
          ],
        },
      },
    },
    limits: {
      api: { quota: 50_000_000, window: "1m", burst: 50_000_000, by: "tenant" },
      exports: { quota: 40_000_000, window: "1m", burst: 40_000_000, by: "tenant" },
    },
    routes: {
      "POST /exports/:id": {
        scopes: "exports:write",
        flag: "exports-v2",
        feature: "exports",
        use: { "ai-tokens": 1 },
        limit: ["api", "exports"],
      },
    },
  });
  const header = Buffer.from(`Bearer ${token}`, "latin1");
  const url = Buffer.from("/exports/7f3a", "latin1");
  /** A request as a parser makes it: every string is new. */
  const request = () => ({
    method: "POST",
    url: url.toString("latin1"),
    headers: {
      host: "api.example.com",
      "user-agent": "bench",
      accept: "*/*",
      authorization: header.toString("latin1"),
    },
    ip: "192.0.2.7",
  });
  const first = await flux.decide(request());
  if (!first.allowed) throw new Error(`the benchmark's request was refused:\n${first.explain()}`);
  return { flux, request };
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;

export async function benchDecide(rounds = 15, perRound = 20_000): Promise<DecideResult> {
  const { flux, request } = await benchFlux();
  type Request = ReturnType<typeof request>;
  let sink = 0;
  const decide = (given: Request) => {
    if ((flux.decide(given) as { allowed: boolean }).allowed) sink++;
  };
  const decideAndTell = (given: Request) => {
    const decision = flux.decide(given) as Decision;
    if (decision.allowed && decision.headers.RateLimit !== undefined) sink++;
  };
  const nothing = (given: Request) => {
    if (given.method === "POST") sink++;
  };
  /** Each request is made just before it is decided, as a server does, and outside of what is timed. */
  const each = (act: (given: Request) => void): Percentiles => {
    const samples = new Float64Array(perRound);
    for (let i = 0; i < perRound; i++) {
      const given = request();
      const start = performance.now();
      act(given);
      samples[i] = (performance.now() - start) * 1_000;
    }
    samples.sort();
    return {
      median: samples[perRound >> 1] as number,
      p999: samples[Math.floor(perRound * 0.999)] as number,
    };
  };
  /** Few enough that no collection falls into what is counted, and made beforehand. */
  const few = Array.from({ length: 300 }, request);
  const bytesOf = (act: (given: Request) => void) => {
    const heap = process.memoryUsage().heapUsed;
    for (const given of few) act(given);
    return (process.memoryUsage().heapUsed - heap) / few.length;
  };
  const nsOf = (act: (given: Request) => void) => {
    const start = performance.now();
    for (let i = 0; i < perRound; i++) act(request());
    return ((performance.now() - start) * 1e6) / perRound;
  };
  for (let i = 0; i < 5; i++) each(decide);

  const decisions: Percentiles[] = [];
  const bares: Percentiles[] = [];
  const loops: number[] = [];
  const told: number[] = [];
  const bytes: number[] = [];
  const toldBytes: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // Which of the two goes first changes from round to round.
    if (round % 2 === 0) bares.push(each(nothing));
    decisions.push(each(decide));
    if (round % 2 === 1) bares.push(each(nothing));
    const base = nsOf(nothing);
    loops.push(nsOf(decide) - base);
    told.push(nsOf(decideAndTell) - base);
    const none = bytesOf(nothing);
    bytes.push(bytesOf(decide) - none);
    toldBytes.push(bytesOf(decideAndTell) - none);
  }
  if (sink === 0) throw new Error("nothing was decided");
  const of = (all: readonly Percentiles[]) => ({
    median: median(all.map((one) => one.median)),
    p999: median(all.map((one) => one.p999)),
  });
  return {
    decision: of(decisions),
    bare: of(bares),
    loopNs: median(loops),
    withHeadersNs: median(told),
    bytes: median(bytes),
    withHeadersBytes: median(toldBytes),
  };
}
