/** What the gate holds fast: three ways into the hot path. Bundled with each side's core (build.ts). */
import { type Decision, memoryStore, type Store } from "@flux/core";
import { requestsWith } from "../decide/requests.ts";
import { fluxStack } from "../scenario/flux.ts";
import { type Identity, tenants } from "../scenario/identity.ts";

/** Sent to each process: an identity whose tokens were signed before. */
export interface SignedIdentity extends Pick<Identity, "jwks"> {
  /** One of each tenant. */
  readonly tokens: readonly string[];
}

export interface Case {
  /** Makes what so many calls are given, each of which is new, as a server's parser makes it; not timed. */
  prepare(count: number): void;
  /** Makes the calls that were prepared; timed. @throws where one was not answered at once with a yes. */
  run(): void;
}

const kept: unknown[] = [];

type Make = (identity: SignedIdentity) => Promise<Case>;

/** Made one after the other, each when the one before it was measured: then none sees another's traces. */
export const cases: Readonly<Record<string, Make>> = {
  decide: async (identity) => {
    const { flux, request } = await warm(identity);
    return caseOf(request, (given) => flux.decide(given) as Decision);
  },

  "decide + headers": async (identity) => {
    const { flux, request } = await warm(identity);
    return caseOf(request, (given) => {
      const decision = flux.decide(given) as Decision;
      return { allowed: decision.allowed, headers: decision.headers };
    });
  },

  charge: async (identity) => {
    const { store, charges } = await chargesOf(identity);
    const owner = (number: number) => tenants[number % tenants.length] as string;
    const at = Date.now();
    return caseOf(owner, (given) => store.charge(given, charges, false, at));
  },
};

interface Answer {
  readonly allowed: boolean;
}

function caseOf<Given>(make: (number: number) => Given, call: (given: Given) => Answer): Case {
  let made = 0;
  let given: Given[] = [];
  return {
    prepare(count) {
      given = Array.from({ length: count }, () => make(made++));
    },
    run() {
      let allowed = 0;
      for (const one of given) {
        const answer = call(one);
        if (answer.allowed) allowed++;
        // Kept, or V8 may find that nobody needs it and spare itself the making, in some processes.
        kept[allowed & 7] = answer;
      }
      if (allowed !== given.length)
        throw new Error("a call of the gate was refused, or kept waiting");
    },
  };
}

async function warm({ jwks, tokens }: SignedIdentity, store?: Store) {
  const flux = fluxStack({ jwks }, store);
  const request = requestsWith(tokens);
  for (let number = 0; number < tokens.length; number++) {
    const decision = await flux.decide(request());
    if (!decision.allowed)
      throw new Error(`a call of the gate was refused:\n${decision.explain()}`);
  }
  return { flux, request };
}

/** The charges of one decision, as the engine asks a store for them: policies cannot be made from outside. */
async function chargesOf(identity: SignedIdentity) {
  const store = memoryStore();
  let charges: Parameters<Store["charge"]>[1] = [];
  await warm(identity, {
    atomic: true,
    synchronous: true,
    connect: (host) => store.connect(host),
    charge(owner, asked, ...rest) {
      charges = asked.map(({ policy, partition, cost }) => ({ policy, partition, cost }));
      return store.charge(owner, asked, ...rest);
    },
    settle: () => {},
  });
  if (charges.length !== 3) throw new Error(`a decision made ${charges.length} charges, not 3`);
  return { store, charges };
}
