import { describe, expect, it } from "vitest";
import { memoryStore } from "./memory-store.ts";
import { type Policy, quotaPolicy, ratePolicy } from "./policy.ts";
import { remaining } from "./state.ts";
import type { Charge, Receipt } from "./store.ts";

const start = Date.UTC(2026, 10, 22, 12);
const api = ratePolicy({ name: "e-api", quota: 20, window: 3_600_000 });
const tokens = quotaPolicy({ name: "e-tokens", per: "month", quota: 1_000 });

function storeOf(maxKeys: number) {
  const clock = { now: start };
  const store = memoryStore({ maxKeys });
  store.connect({ now: () => clock.now });
  const spend = (owner: string, policy: Policy, cost: number, partition = ""): Receipt => {
    const charges: Charge[] = [{ policy, partition, cost }];
    return { owner, charges, outcome: store.charge(owner, charges) };
  };
  const left = (owner: string, policy: Policy, partition = "") => {
    const { charges, outcome } = spend(owner, policy, 0, partition);
    return remaining(charges[0] as Charge, outcome, 0);
  };
  return { clock, store, spend, left };
}

describe("a full store", () => {
  it("keeps a tenant's and a near-limit address's counters while 100,000 addresses come by", () => {
    const { spend, left, store } = storeOf(1_000);
    spend("acme", api, 20);
    spend("globex", tokens, 3);
    spend("ip:192.0.2.1", api, 19);
    let bound = 0;
    for (let i = 0; i < 100_000; i++) {
      expect(spend(`ip:2001:db8::${i.toString(16)}`, api, 1).outcome.allowed).toBe(true);
      bound = Math.max(bound, store.size);
    }
    expect(left("acme", api)).toBe(0);
    expect(left("globex", tokens)).toBe(997);
    expect(left("ip:192.0.2.1", api)).toBe(1);
    expect(bound).toBe(502);
  });

  it("takes a tenant that makes up partitions at its own word, not at another tenant's cost", () => {
    const { spend, left, store } = storeOf(1_000);
    for (let i = 0; i < 50; i++) spend(`tenant-${i}`, api, 20);
    for (let i = 0; i < 20_000; i++) spend("greedy", api, 20, `made-up-${i}`);
    expect(store.size).toBe(500);
    for (let i = 0; i < 50; i++) expect(left(`tenant-${i}`, api)).toBe(0);
  });

  it("gives up rates before quotas, and the counter of a new caller before those of heavy ones", () => {
    const { spend, left } = storeOf(1_000);
    for (let i = 0; i < 100; i++) spend(`tenant-${i}`, tokens, 1);
    for (let i = 0; i < 5_000; i++) spend(`passing-${i}`, api, 1);
    for (let i = 0; i < 100; i++) expect(left(`tenant-${i}`, tokens)).toBe(999);
  });

  it("never gives up a counter of the call that needs the room", () => {
    const { spend, store } = storeOf(16);
    for (let i = 0; i < 8; i++) spend(`tenant-${i}`, api, 20);
    for (let round = 0; round < 200; round++) {
      const owner = `owner-${round}`;
      const charges = Array.from({ length: 6 }, (_, i) => ({
        policy: api,
        partition: `p${i}`,
        cost: 20,
      }));
      expect(store.charge(owner, charges.slice(0, 3)).allowed).toBe(true);
      const more = [...charges.slice(0, 3).map((c) => ({ ...c, cost: 0 })), ...charges.slice(3)];
      expect(store.charge(owner, more).allowed).toBe(true);
      const peeks = more.slice(3).map((charge) => ({ ...charge, cost: 0 }));
      const peeked = store.charge(owner, peeks);
      expect(peeks.map((peek, i) => remaining(peek, peeked, i))).toEqual([0, 0, 0]);
      expect(store.size).toBeLessThanOrEqual(8);
    }
  });

  it("never lets a receipt of a counter given up credit the one that came after it", () => {
    const { spend, left, store } = storeOf(16);
    const receipts = Array.from({ length: 8 }, (_, i) => spend(`tenant-${i}`, api, 10));
    for (let i = 0; i < 200; i++) spend(`other-${i}`, api, 20);
    for (const { owner } of receipts) {
      spend(owner, api, 20);
      for (const receipt of receipts) store.settle(receipt, [0]);
      expect(left(owner, api)).toBe(0);
    }
  });

  it("never lets a receipt of a quota given up credit the one that came after it", () => {
    const { spend, left, store } = storeOf(16);
    const receipts = Array.from({ length: 8 }, (_, i) => spend(`tenant-${i}`, tokens, 600));
    for (let i = 0; i < 200; i++) spend(`other-${i}`, tokens, 1_000);
    for (const { owner } of receipts) {
      expect(spend(owner, tokens, 800).outcome.allowed).toBe(true);
      for (const receipt of receipts) store.settle(receipt, [0]);
      expect(left(owner, tokens)).toBe(200);
    }
  });

  it("gives back what a quota that it kept was not used for, though it gave up others", () => {
    const { spend, left, store } = storeOf(16);
    const receipt = spend("acme", tokens, 900);
    for (let i = 0; i < 200; i++) spend(`other-${i}`, tokens, 1);
    store.settle(receipt, [400]);
    expect(left("acme", tokens)).toBe(600);
    const later = spend("globex", tokens, 900);
    store.settle(later, [500]);
    expect(left("globex", tokens)).toBe(500);
  });

  it("weighs quotas by the share used of each, whatever their units", () => {
    const { spend, left } = storeOf(16);
    const prepaid = (quota: number) => quotaPolicy({ name: "e-tokens", per: "month", quota });
    for (let i = 0; i < 4; i++) spend(`tenant-${i}`, prepaid(10 + i), 9);
    for (let i = 0; i < 200; i++) spend(`other-${i}`, prepaid(2 ** 40 + i), 1_000);
    for (let i = 0; i < 200; i++) spend(`unlimited-${i}`, prepaid(Infinity), 1_000);
    for (let i = 0; i < 4; i++) expect(left(`tenant-${i}`, prepaid(10 + i))).toBe(1 + i);
  });
});

describe("an attacker who rotates keys", () => {
  const once = ratePolicy({ name: "e-once", quota: 1, window: 3_600_000 });
  const calls = quotaPolicy({ name: "e-calls", per: "hour", quota: 100 });

  /** A half of 500 rows: victims near three kinds of limits, and `idle` others that have used little. */
  function besieged(idle: number, prefix: string) {
    const world = storeOf(1_000);
    const victims = Array.from({ length: 495 - idle }, (_, i) => `${prefix}victim-${i}`);
    const policyOf = (i: number) => [api, tokens, calls][i % 3] as Policy;
    const half = (policy: Policy) => (policy.kind === "rate" ? policy.burst : policy.quota) / 2;
    victims.forEach((victim, i) => {
      world.spend(victim, policyOf(i), half(policyOf(i)) + (i % 5));
    });
    for (let i = 0; i < idle; i++) world.spend(`${prefix}idle-${i}`, policyOf(i), 1);
    const reset = () =>
      victims.filter((victim, i) => {
        const policy = policyOf(i);
        return world.left(victim, policy) !== half(policy) - (i % 5);
      });
    return { ...world, reset };
  }

  it.each(["", "ip:"])("resets nobody near a limit, where few are idle (owners %j…)", (prefix) => {
    const { spend, reset, store } = besieged(3, prefix);
    for (let i = 0; i < 200_000; i++) {
      expect(spend(`${prefix}made-up-${i}`, api, 1).outcome.allowed).toBe(true);
    }
    expect(store.size).toBe(500);
    expect(reset()).toEqual([]);
  });

  it("resets few near another limit, and no quota, where one call is all that a limit admits", () => {
    const { spend, reset, store } = besieged(100, "");
    for (let i = 0; i < 100_000; i++) spend(`made-up-${i}`, once, 1);
    expect(store.size).toBe(500);
    expect(reset().length).toBeLessThanOrEqual(20);
    expect(reset().filter((victim) => Number(victim.slice(7)) % 3 !== 0)).toEqual([]);
  });

  it("resets no principal near a limit by partitions that it makes up", () => {
    const { spend, left, store } = storeOf(1_000);
    const each = ratePolicy({ name: "e-each", quota: 20, window: 3_600_000 });
    for (let i = 0; i < 40; i++) spend("acme", each, 20, `user-${i}`);
    for (let i = 0; i < 40; i++) spend("acme", tokens, 600, `user-${i}`);
    for (let i = 0; i < 100_000; i++) spend("acme", i % 2 === 0 ? api : once, 1, `made-up-${i}`);
    expect(store.size).toBe(500);
    for (let i = 0; i < 40; i++) expect(left("acme", each, `user-${i}`)).toBe(0);
    for (let i = 0; i < 40; i++) expect(left("acme", tokens, `user-${i}`)).toBe(400);
  });

  it("pushes out what was near its limit and has refilled, however long it takes", () => {
    const { spend, left, clock } = storeOf(1_000);
    const slow = ratePolicy({ name: "e-slow", quota: 1, window: 86_400_000 });
    for (let i = 0; i < 250; i++) spend(`quick-${i}`, api, 20);
    for (let i = 0; i < 100; i++) spend(`quota-${i}`, calls, 100);
    for (let i = 0; i < 150; i++) spend(`slow-${i}`, slow, 1);
    // Of api, a quarter is used; the hour of the calls is over; of slow, hardly anything is refilled.
    clock.now += 2_710_000;
    for (let i = 0; i < 250; i++) spend(`late-${i}`, slow, 1);
    clock.now = start + 3_600_000;
    for (let i = 0; i < 100; i++) spend(`last-${i}`, slow, 1);
    for (let i = 0; i < 150; i++) expect(left(`slow-${i}`, slow)).toBe(0);
    for (let i = 0; i < 250; i++) expect(left(`late-${i}`, slow)).toBe(0);
    for (let i = 0; i < 100; i++) expect(left(`last-${i}`, slow)).toBe(0);
  });

  it("does not push out what has overrun its limit by far", () => {
    const { spend, left, clock, store } = storeOf(1_000);
    const receipts = Array.from({ length: 490 }, (_, i) => spend(`heavy-${i}`, api, 20));
    for (const receipt of receipts) store.settle(receipt, [20 * 9]);
    // Eight bursts are still owed.
    clock.now += 3_600_000;
    for (let i = 0; i < 20_000; i++) spend(`made-up-${i}`, api, 1);
    for (let i = 0; i < 490; i++) expect(left(`heavy-${i}`, api)).toBe(0);
    clock.now += 6 * 3_600_000;
    for (let i = 0; i < 20_000; i++) spend(`made-up-again-${i}`, api, 1);
    for (let i = 0; i < 490; i++) expect(left(`heavy-${i}`, api)).toBe(0);
  });
});

describe("a call of more charges than there is room for", () => {
  it("is an error, and charges nothing", () => {
    const { store, spend, left } = storeOf(16);
    spend("acme", api, 1);
    const charges = Array.from({ length: 9 }, (_, i) => ({
      policy: api,
      partition: i === 0 ? "" : `user-${i}`,
      cost: 1,
    }));
    expect(() => store.charge("acme", charges)).toThrow("raise maxKeys to 18");
    expect(left("acme", api)).toBe(19);
    expect(store.charge("acme", charges.slice(1)).allowed).toBe(true);
    expect(store.size).toBe(8);
  });
});

describe("idle counters", () => {
  it("make room as others come", () => {
    const { spend, clock, store, left } = storeOf(10_000);
    for (let i = 0; i < 4_000; i++) spend(`tenant-${i}`, api, 1, i % 2 === 0 ? "" : "user");
    for (let i = 0; i < 500; i++) spend(`tenant-${i}`, tokens, 1);
    expect(store.size).toBe(4_500);
    clock.now += 3_610_000;
    for (let i = 0; i < 2_000; i++) spend(`later-${i}`, api, 1);
    expect(store.size).toBe(2_500);
    expect(left("tenant-7", tokens)).toBe(999);
    clock.now = Date.UTC(2026, 11, 1) + 10_000;
    for (let i = 0; i < 2_000; i++) spend(`next-${i}`, api, 1);
    expect(store.size).toBe(2_000);
    expect(left("tenant-7", tokens)).toBe(1_000);
  });

  it("leave the others of their chain and directory in place", () => {
    const { spend, clock, store, left } = storeOf(10_000);
    const slow = ratePolicy({ name: "e-slow", quota: 5, window: 86_400_000 });
    const policies = [api, slow, tokens];
    for (let turn = 0; turn < 6; turn++) {
      const order = [...policies.slice(turn % 3), ...policies.slice(0, turn % 3)];
      for (const policy of turn < 3 ? order : order.reverse()) {
        spend(`tenant-${turn}`, policy, 2);
        spend(`tenant-${turn}`, policy, 3, "user");
      }
    }
    clock.now += 3_610_000 * 3;
    for (let i = 0; i < 100; i++) spend(`later-${i}`, api, 1);
    expect(store.size).toBe(100 + 6 * 4);
    for (let turn = 0; turn < 6; turn++) {
      const owner = `tenant-${turn}`;
      expect([left(owner, api), left(owner, slow), left(owner, tokens)]).toEqual([20, 3, 998]);
      expect([left(owner, slow, "user"), left(owner, tokens, "user")]).toEqual([2, 997]);
    }
  });
});
