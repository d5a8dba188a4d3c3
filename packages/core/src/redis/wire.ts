/** Charges as arguments of the scripts, and the scripts' replies as outcomes. */
import { FluxError } from "../errors.ts";
import { isAmount } from "../limits/arithmetic.ts";
import { periodEnd, periodStart } from "../limits/period.ts";
import type { Period, Policy } from "../limits/policy.ts";
import type { Charge } from "../limits/store.ts";
import { wellFormed } from "./keys.ts";

const codes = { hour: "1", day: "2", month: "3" } as const satisfies Record<Period, string>;

/** What the scripts are told of each policy: its id, its code, and its two numbers. */
type Words = readonly [id: string, code: string, first: string, second: string];

const described = new WeakMap<Policy, Words>();

/** Of a rate µs a unit and its tolerance in µs; of a quota its units, or `-` where unlimited. */
export function describe(policy: Policy): Words {
  let words = described.get(policy);
  if (words === undefined) {
    // The scripts end an id with a zero byte.
    const id = wellFormed(policy.id).replace(/[\\\0]/g, (c) => (c === "\0" ? "\\0" : "\\\\"));
    words =
      policy.kind === "rate"
        ? [id, "0", String(policy.interval), String(policy.tolerance)]
        : [id, codes[policy.per], unitsOf(policy.quota), ""];
    described.set(policy, words);
  }
  return words;
}

const unitsOf = (quota: number) => (quota === Number.POSITIVE_INFINITY ? "-" : String(quota));

/** The partitions that charges are of, each once, in the order of their first charge. */
export function partitionsOf(charges: readonly Charge[]): readonly string[] {
  const first = charges[0]?.partition ?? "";
  let partitions: string[] | undefined;
  for (let i = 1; i < charges.length; i++) {
    const { partition } = charges[i] as Charge;
    if (partition === first || partitions?.includes(partition)) continue;
    partitions ??= [first];
    partitions.push(partition);
  }
  return partitions ?? [first];
}

/**
 * The arguments of the charging script.
 * @param now the server's clock, µs; 0: nothing is known of it.
 * @param deadline by the same clock; 0: none.
 * @param more units that a lease would take beyond the cost of each charge; absent: none.
 */
export function chargeArguments(
  charges: readonly Charge[],
  partitions: readonly string[],
  looks: boolean,
  now: number,
  deadline: number,
  more?: readonly number[],
): string[] {
  const words = [looks ? "1" : "0", String(deadline)];
  for (let i = 0; i < charges.length; i++) {
    const { policy, partition, cost } = charges[i] as Charge;
    const [id, code, first, second] = describe(policy);
    const key = partitions.length === 1 ? "1" : String(partitions.indexOf(partition) + 1);
    words.push(key, id, code, String(cost), more === undefined ? "0" : String(more[i]), first);
    if (policy.kind === "rate") words.push(second, "0");
    else {
      const start = periodStart(policy.per, now);
      words.push(String(start), String(periodEnd(policy.per, start)));
    }
  }
  return words;
}

/** What the charging script answered. */
export interface ChargeReply {
  readonly allowed: boolean;
  /** µs by the server's clock. */
  readonly at: number;
  readonly marks: readonly number[];
  /** Of each key when it began, µs, and its first ticket; empty where nothing was charged. */
  readonly tickets: readonly number[];
  /** Units leased beyond the cost of each charge; `undefined`: of none. */
  readonly leased: readonly number[] | undefined;
}

/** @throws FluxError `store_unavailable` where the reply is none of the script's. */
export function readCharged(
  reply: readonly number[],
  charges: number,
  partitions: number,
): ChargeReply {
  const first = 2 + 2 * partitions;
  if (!Array.isArray(reply) || reply.length !== first + 3 * charges) throw strangeReply(reply);
  const allowed = reply[0] === 1;
  const marks: number[] = [];
  let leased: number[] | undefined;
  for (let i = 0; i < charges; i++) {
    const at = first + 3 * i;
    marks.push(reply[at] as number, reply[at + 1] as number);
    const units = reply[at + 2] as number;
    if (units === 0) continue;
    leased ??= new Array<number>(charges).fill(0);
    leased[i] = units;
  }
  const tickets = allowed && reply[2] !== 0 ? reply.slice(2, first) : [];
  return { allowed, at: reply[1] as number, marks, tickets, leased };
}

export function strangeReply(reply: unknown): FluxError {
  return new FluxError(
    "store_unavailable",
    `redisStore: the server answered what is no answer of Flux's script: ${JSON.stringify(reply)?.slice(0, 100)}. Is there a proxy in between that does not know scripts?`,
  );
}

/** @throws FluxError `cost_invalid` */
export function checkCosts(charges: readonly Charge[]): void {
  for (const { policy, cost } of charges)
    if (!isAmount(cost))
      throw new FluxError(
        "cost_invalid",
        `the cost of ${policy.id} must be a non-negative safe integer, got ${cost}`,
      );
}
