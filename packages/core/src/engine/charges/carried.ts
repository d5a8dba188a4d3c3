/**
 * What a request was charged, carried to a guard that shares no decision with the one that charged it. That
 * guard identifies the caller anew; only the charges are believed, and only those of the same owner.
 */
import type { Policy } from "../../limits/policy.ts";
import type { Charge, Outcome, Receipt } from "../../limits/store.ts";
import type { Engine } from "../engine.ts";
import { quotaOf } from "../start/compiled-limits.ts";
import type { Walk } from "../walk/walk.ts";
import { receiptsOf } from "./settling.ts";

/** What one request was charged, by one call of the store each. JSON-serialisable. */
export interface ChargeReceipt {
  readonly receipts: readonly CarriedCharges[];
}

/** The charges of one owner. */
export interface CarriedCharges {
  /** The tenant or principal, or `ip:` and an address. */
  readonly owner: string;
  /** When the store decided: µs since the epoch. */
  readonly at: number;
  /** What the store needs to settle them in another process. */
  readonly ticket?: string;
  /** Whether its limits were counted in fixed windows. */
  readonly windowed?: boolean;
  /** How far this host's clock is ahead of the store's, µs. */
  readonly ahead?: number;
  readonly charges: readonly CarriedCharge[];
}

export interface CarriedCharge {
  /** `limit:` or `feature:` and the name. */
  readonly policy: string;
  /** Of a limit the plan by whose numbers it was charged, where there was one; of a feature its quota. */
  readonly variant?: string | number | "unlimited";
  readonly partition: string;
  readonly cost: number;
  /** What the store noted of it. */
  readonly marks: readonly [value: number, side: number];
}

/** What the receipts of this process were made of: so that their charges can be settled, in any store. */
const origins = new WeakMap<ChargeReceipt, { engine: Engine; receipts: readonly Receipt[] }>();

export function receiptOf(walk: Walk): ChargeReceipt | undefined {
  const { engine } = walk;
  const receipts = receiptsOf(walk, true);
  if (receipts.length === 0) return undefined;
  const carried: ChargeReceipt = {
    receipts: receipts.map(({ owner, charges, outcome }) => ({
      owner,
      at: outcome.at,
      ...(outcome.ticket === undefined ? {} : { ticket: outcome.ticket }),
      ...(outcome.windowed === true ? { windowed: true } : {}),
      ...(outcome.ahead === undefined || outcome.ahead === 0 ? {} : { ahead: outcome.ahead }),
      charges: charges.map(({ policy, partition, cost }, i) => ({
        policy: policy.id,
        ...variantOf(engine, policy),
        partition,
        cost,
        marks: [outcome.marks[2 * i], outcome.marks[2 * i + 1]] as [number, number],
      })),
    })),
  };
  origins.set(carried, { engine, receipts: receipts.reverse() });
  return carried;
}

/**
 * The charges that a receipt tells of, the first one first. What is not such as `receiptOf` writes, as that of
 * another version may be, tells of none: then the request is charged again.
 */
export function chargesOfReceipt(engine: Engine, carried: ChargeReceipt): readonly Receipt[] {
  const origin = origins.get(carried);
  if (origin?.engine === engine) return origin.receipts;
  if (!Array.isArray(carried.receipts)) return [];
  return carried.receipts.flatMap((each) => readCharges(engine, each)).reverse();
}

function readCharges(engine: Engine, carried: CarriedCharges): Receipt[] {
  const { owner, at, ticket, windowed, ahead, charges } = Object(
    carried,
  ) as Partial<CarriedCharges>;
  if (typeof owner !== "string" || typeof at !== "number" || !Array.isArray(charges)) return [];
  if (ticket !== undefined && typeof ticket !== "string") return [];
  if (ahead !== undefined && !Number.isSafeInteger(ahead)) return [];
  const made: Charge[] = [];
  const marks: number[] = [];
  for (const charge of charges as readonly CarriedCharge[]) {
    if (!isCarriedCharge(charge)) return [];
    const policy = policyOf(engine, charge);
    if (policy === undefined) continue;
    made.push({ policy, partition: charge.partition, cost: charge.cost });
    marks.push(...charge.marks);
  }
  // A ticket is of the charges in their order: without all of them it fits none.
  const whole = ticket !== undefined && made.length === charges.length;
  const outcome: Outcome = {
    allowed: true,
    at,
    marks,
    ...(whole ? { ticket } : {}),
    ...(windowed === true ? { windowed } : {}),
    ...(ahead === undefined ? {} : { ahead }),
  };
  return [{ owner, charges: made, outcome }];
}

function isCarriedCharge(charge: unknown): charge is CarriedCharge {
  const { policy, variant, partition, cost, marks } = Object(charge) as Partial<CarriedCharge>;
  return (
    typeof policy === "string" &&
    ["undefined", "string", "number"].includes(typeof variant) &&
    typeof partition === "string" &&
    Number.isSafeInteger(cost) &&
    (cost as number) >= 0 &&
    Array.isArray(marks) &&
    marks.length === 2 &&
    marks.every(Number.isFinite)
  );
}

function variantOf(engine: Engine, policy: Policy): Pick<CarriedCharge, "variant"> {
  if (policy.kind === "quota")
    return { variant: policy.quota === Infinity ? "unlimited" : policy.quota };
  const limit = engine.limits.get(policy.name);
  for (const plan of engine.plans.values())
    if (limit?.byPlan[plan.index] === policy) return { variant: plan.name };
  return {};
}

/** `undefined` where this config has no such policy (any more). */
function policyOf(engine: Engine, { policy: id, variant }: CarriedCharge): Policy | undefined {
  const name = id.slice(id.indexOf(":") + 1);
  if (id.startsWith("feature:")) {
    const feature = engine.metered.get(name);
    const quota = variant === "unlimited" ? Infinity : Number(variant);
    return feature === undefined || !(quota >= 0) ? undefined : quotaOf(feature, quota);
  }
  const limit = engine.limits.get(name);
  const plan = engine.plans.get(String(variant));
  return (plan && limit?.byPlan[plan.index]) ?? limit?.base;
}
