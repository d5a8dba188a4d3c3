/** CPU time of a decision by Flux and by the assembled stack, in interleaved rounds. */
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import { cpuOf } from "../measure/rounds.ts";
import { assembledStack } from "../scenario/assembled.ts";
import { fluxStack } from "../scenario/flux.ts";
import { type Algorithm, audience, createIdentity, issuer, tenants } from "../scenario/identity.ts";
import { requestsWith, runner } from "./requests.ts";

/** CPU µs of a decision, all threads of the process. */
export interface CpuRound {
  readonly flux: number;
  readonly assembled: number;
  /** Warm only: the assembled stack with a cache of tokens. */
  readonly caching: number;
  /** Cold only: verifying the same tokens with jose, and nothing else. */
  readonly jose: number;
}

/** With a hundred tokens that both have seen. */
export async function warmRounds(rounds: number): Promise<CpuRound[]> {
  const identity = await createIdentity();
  const flux = fluxStack(identity);
  const assembled = runner(await assembledStack(identity));
  const caching = runner(await assembledStack(identity, { cachesTokens: true }));
  const request = requestsWith(await identity.sign(tenants.length));
  const byFlux = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const decision = flux.decide(request());
      // As an adapter does: what is there already is not waited for.
      const { allowed } = decision instanceof Promise ? await decision : decision;
      if (!allowed) throw new Error("Flux refused");
    }
  };
  const by = (stack: typeof assembled) => async (count: number) => {
    for (let i = 0; i < count; i++)
      if (!(await stack(request()))) throw new Error("the assembled stack refused");
  };
  const [byAssembled, byCaching] = [by(assembled), by(caching)];
  const making = (count: number) => {
    for (let i = 0; i < count; i++) request();
  };
  await byFlux(20_000);
  await byAssembled(2_000);
  await byCaching(5_000);
  const measured: CpuRound[] = [];
  for (let round = 0; round < rounds; round++) {
    const made = (await cpuOf(() => making(60_000))) / 60_000;
    measured.push({
      flux: (await cpuOf(() => byFlux(60_000))) / 60_000 - made,
      assembled: (await cpuOf(() => byAssembled(1_000))) / 1_000 - made,
      caching: (await cpuOf(() => byCaching(5_000))) / 5_000 - made,
      jose: Number.NaN,
    });
  }
  return measured;
}

const warming = 6;

/** With tokens that nobody has seen; each round has its own. */
export async function coldRounds(
  rounds: number,
  tokensPerRound: number,
  algorithm: Algorithm,
): Promise<CpuRound[]> {
  const identity = await createIdentity(algorithm);
  const flux = fluxStack(identity);
  const assembled = runner(await assembledStack(identity));
  const keys = createLocalJWKSet(identity.jwks as JSONWebKeySet);
  const measured: CpuRound[] = [];
  // The first rounds warm up: a few thousand tokens, until all code is compiled.
  for (let round = -warming; round < rounds; round++) {
    const tokens = await identity.sign(tokensPerRound);
    const byFlux = async () => {
      const request = requestsWith(tokens);
      for (let i = 0; i < tokens.length; i++)
        if (!(await flux.decide(request())).allowed) throw new Error("Flux refused");
    };
    const byAssembled = async () => {
      const request = requestsWith(tokens);
      for (let i = 0; i < tokens.length; i++)
        if (!(await assembled(request()))) throw new Error("the assembled stack refused");
    };
    const byJose = async () => {
      const request = requestsWith(tokens);
      for (let i = 0; i < tokens.length; i++) {
        const token = request().headers.authorization?.slice("Bearer ".length) as string;
        await jwtVerify(token, keys, { issuer, audience });
      }
    };
    const ways = { flux: byFlux, jose: byJose, assembled: byAssembled };
    const took = { flux: 0, jose: 0, assembled: 0 };
    // Whoever goes first changes from round to round.
    const names = Object.keys(ways) as (keyof typeof ways)[];
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round + warming) % names.length] as keyof typeof ways;
      took[name] = (await cpuOf(ways[name])) / tokensPerRound;
    }
    if (round >= 0) measured.push({ ...took, caching: Number.NaN });
  }
  return measured;
}
