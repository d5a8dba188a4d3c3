import type { Policy } from "@flux/core";
import fc from "fast-check";
import { expect } from "vitest";
import { type Counting, hour, on } from "../counting.ts";
import type { Subject } from "./case.ts";

/** What separators, patterns, encodings, collations and objects may take for something else. */
const names = [
  "",
  "a",
  "A",
  "a ",
  " a",
  "a:b",
  "b",
  ":",
  "{",
  "}",
  "{}",
  "{a}",
  "a}b",
  "}{",
  "1:a",
  "p:a",
  "\0",
  "a\0",
  '\0"a"',
  "\ud800",
  "\udfff",
  "\udc00\ud800",
  "�",
  "é",
  "e\u0301",
  "😀",
  "*",
  "%",
  "_",
  "a/b",
  "a\\b",
  "\r\n",
  "'; DROP TABLE counters; --",
  "__proto__",
  "constructor",
  "toString",
  "ip:a",
  "x".repeat(10_000),
  `${"x".repeat(10_000)}y`,
];

/** Uses up every pair's counter after having shown that nobody else had. */
async function expectApart(
  counting: Counting,
  policy: Policy,
  pairs: readonly (readonly [owner: string, partition: string])[],
): Promise<void> {
  for (const [owner, partition] of pairs) {
    const { outcome } = await counting.spend(owner, on(policy, 5, partition));
    expect(outcome.allowed, `${JSON.stringify([owner, partition]).slice(0, 100)} is new`).toBe(
      true,
    );
  }
  for (const [owner, partition] of pairs)
    expect(await counting.left(owner, policy, partition)).toBe(0);
}

export const isolation: Subject = {
  name: "counters",
  cases: [
    {
      name: "of any two owners or partitions never meet, whatever their names are",
      async run(counting) {
        const policy = counting.rate({ quota: 5, window: hour });
        const pairs = names.flatMap((owner) =>
          names.map((partition) => [owner, partition] as const),
        );
        await expectApart(counting, policy, pairs);
      },
    },
    {
      name: "of any two names never meet, with owners and partitions that look like them",
      async run(counting) {
        const parts = ["a", "b", "a:b", "}", "\0", "\ud800", "ä", "limit:a", "feature:a"];
        const pairs = parts.flatMap((owner) =>
          ["", ...parts].map((each) => [owner, each] as const),
        );
        for (const part of parts) {
          await expectApart(counting, counting.rate({ quota: 5, window: hour }, part), pairs);
          await expectApart(counting, counting.quota({ per: "month", quota: 5 }, part), pairs);
        }
      },
    },
    {
      name: "of names in one call never meet",
      needs: ["atomic"],
      async run(counting) {
        const policy = counting.quota({ per: "month", quota: 5 });
        for (const owner of ["acme", "", "}", "\ud800"]) {
          const charges = names.map((partition) => on(policy, 5, partition));
          expect(await counting.passes(owner, ...charges)).toBe(true);
          for (const partition of names)
            expect(await counting.left(owner, policy, partition)).toBe(0);
        }
      },
    },
    {
      name: "of any names are settled for themselves alone",
      async run(counting) {
        const policy = counting.quota({ per: "month", quota: 5 });
        for (const owner of names) {
          const [own, other] = [
            await counting.spend(owner, on(policy, 5)),
            await counting.spend(owner, on(policy, 5, owner === "" ? "p" : owner)),
          ];
          await counting.settle(own, [2]);
          expect(await counting.used(owner, policy)).toBe(2);
          expect(await counting.used(owner, policy, owner === "" ? "p" : owner)).toBe(5);
          await counting.settle(other, [1]);
          expect(await counting.used(owner, policy)).toBe(2);
        }
      },
    },
    {
      name: "of random names never meet",
      async run(counting) {
        const text = fc.string({ unit: "binary", maxLength: 8 });
        const texts = fc.uniqueArray(fc.tuple(text, text), {
          minLength: 2,
          maxLength: 10,
          selector: (pair) => JSON.stringify(pair),
        });
        let run = 0;
        await fc.assert(
          fc.asyncProperty(texts, (pairs) =>
            expectApart(counting, counting.rate({ quota: 5, window: hour }, `run-${run++}`), pairs),
          ),
          { numRuns: 50 },
        );
      },
    },
  ],
};
