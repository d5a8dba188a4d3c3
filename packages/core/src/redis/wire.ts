/** Charges as arguments of the scripts, and the scripts' replies as outcomes. */
import { FluxError } from "../errors.ts";
import { periodEnd, periodStart } from "../limits/period.ts";
import type { Period, Policy } from "../limits/policy.ts";
import type { Charge } from "../limits/store.ts";
import { wellFormed } from "./keys.ts";

const codes = { hour: 1, day: 2, month: 3 } as const satisfies Record<Period, number>;

/** The name of a policy for the scripts, which end it with a zero byte. */
const names = new WeakMap<Policy, string>();

export function nameOf(policy: Policy): string {
  let name = names.get(policy);
  if (name === undefined) {
    name = wellFormed(policy.id).replace(/[\\\0]/g, (found) => (found === "\0" ? "\\0" : "\\\\"));
    names.set(policy, name);
  }
  return name;
}

export const codeOf = (policy: Policy): number => (policy.kind === "rate" ? 0 : codes[policy.per]);

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

/** Charges as the script takes them, made once for those that many requests share. */
const packed = new WeakMap<readonly Charge[], { readonly bytes: Buffer; readonly until: number }>();

/** Charges of one call: what the script takes apart and puts together has to fit on its stack. */
const mostCharges = 1_000;

/** The bytes of a call's argument before its charges. */
const headLength = 9;

/**
 * All that the charging script is told of a call.
 * @param now the server's clock, µs.
 * @param deadline by that clock, µs: the script does nothing after it.
 * @param looks whether nothing is taken.
 * @throws FluxError `store_unavailable` for more charges than a call can have.
 */
export function packCall(
  charges: readonly Charge[],
  partitions: readonly string[],
  now: number,
  deadline: number,
  looks: boolean,
): Buffer {
  const body = packCharges(charges, partitions, now);
  const bytes = Buffer.allocUnsafe(headLength + body.length);
  bytes[0] = looks ? 1 : 0;
  bytes.writeDoubleLE(deadline, 1);
  bytes.set(body, headLength);
  return bytes;
}

function packCharges(
  charges: readonly Charge[],
  partitions: readonly string[],
  now: number,
): Buffer {
  const known = packed.get(charges);
  if (known !== undefined && now < known.until) return known.bytes;
  if (charges.length > mostCharges)
    throw new FluxError(
      "store_unavailable",
      `redisStore: a request charges at most ${mostCharges} counters at once, got ${charges.length}`,
    );
  let until = Infinity;
  const parts: Buffer[] = [Buffer.of(charges.length & 0xff, charges.length >> 8)];
  for (const { policy, partition, cost } of charges) {
    let numbers: readonly number[];
    if (policy.kind === "rate") numbers = [cost, policy.interval, policy.tolerance, 0];
    else {
      const start = periodStart(policy.per, now);
      const ends = periodEnd(policy.per, start);
      numbers = [cost, policy.quota, start, ends];
      until = Math.min(until, ends);
    }
    const head = Buffer.from(`__${nameOf(policy)}\0_`);
    head.writeUInt16LE(partitions.indexOf(partition) + 1);
    head[head.length - 1] = codeOf(policy);
    const tail = Buffer.alloc(8 * numbers.length);
    numbers.forEach((number, i) => {
      tail.writeDoubleLE(number, 8 * i);
    });
    parts.push(head, tail);
  }
  const bytes = Buffer.concat(parts);
  // Nobody can change what is frozen.
  if (Object.isFrozen(charges)) packed.set(charges, { bytes, until });
  return bytes;
}

/** What the charging script answered. */
export interface ChargeReply {
  readonly allowed: boolean;
  /** Whether the call came too late, and nothing was done. */
  readonly late: boolean;
  /** µs by the server's clock. */
  readonly at: number;
  readonly marks: readonly number[];
  /** Of each key when it began, µs, and its first ticket; empty where nothing was charged. */
  readonly tickets: readonly number[];
  /** Units leased beyond the cost of each charge; `undefined`: none was asked for. */
  readonly leased: readonly number[] | undefined;
}

const answers = { refused: 0, charged: 1, late: 2 } as const;

/**
 * @param reply doubles.
 * @throws FluxError `store_unavailable` where the reply is none of the script's.
 */
export function readReply(reply: Buffer, charges: number, partitions: number): ChargeReply {
  if (!Buffer.isBuffer(reply) || reply.length < 16) throw strangeReply(reply);
  const doubles = new DataView(reply.buffer, reply.byteOffset, reply.length);
  const answer = doubles.getFloat64(0, true);
  const late = answer === answers.late;
  const first = late ? 2 : 2 + 2 * partitions;
  const last = late ? 2 : first + 2 * charges;
  const end = reply.length / 8;
  if (end !== last && (late || end !== last + charges)) throw strangeReply(reply);
  if (!late && answer !== answers.charged && answer !== answers.refused) throw strangeReply(reply);
  for (let i = 1; i < end; i++)
    if (!Number.isSafeInteger(doubles.getFloat64(8 * i, true))) throw strangeReply(reply);
  const isTicketed = answer === answers.charged && doubles.getFloat64(16, true) !== 0;
  return {
    allowed: answer === answers.charged,
    late,
    at: doubles.getFloat64(8, true),
    marks: numbersOf(doubles, first, last),
    tickets: isTicketed ? numbersOf(doubles, 2, first) : [],
    leased: end === last ? undefined : numbersOf(doubles, last, end),
  };
}

function numbersOf(doubles: DataView, from: number, to: number): number[] {
  const numbers: number[] = [];
  for (let i = from; i < to; i++) numbers.push(doubles.getFloat64(8 * i, true));
  return numbers;
}

/** A charge's two of an outcome's marks. */
export function marksOf(marks: readonly number[], i: number): readonly [number, number] {
  return [marks[2 * i] ?? 0, marks[2 * i + 1] ?? 0];
}

function strangeReply(reply: unknown): FluxError {
  return new FluxError(
    "store_unavailable",
    `redisStore: the server answered what is no answer of Flux's script: ${String(reply).slice(0, 100)}. Is there a proxy in between that does not know scripts?`,
  );
}
