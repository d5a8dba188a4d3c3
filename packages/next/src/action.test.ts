/** Guarded actions in an app's own tests, where a test gives the headers that Next would. */
import { testFlux } from "@flux/core/testing";
import { expect, test, vi } from "vitest";
import { DenialError } from "./denial-error.ts";
import { nextFlux } from "./next-flux.ts";

let headers = new Headers();
vi.mock("next/headers.js", () => ({ headers: async () => headers }));

const flux = testFlux({
  features: { tokens: { kind: "metered", per: "day" } },
  plans: { free: { features: { tokens: 100 } } },
  defaultPlan: "free",
  onDenied: ({ code }) =>
    code === "unauthenticated" ? { status: 303, headers: { Location: "/sign-in" } } : undefined,
});
const app = nextFlux(flux);
const spend = app.guard({ use: { tokens: 60 } }, async (units: number) => {
  const decision = await app.current();
  await decision.settle({ tokens: units });
  return decision.feature("tokens").remaining;
});

test("an action finds its guard's decision, and settles it", async () => {
  headers = new Headers(flux.asPrincipal({ subject: "ann" }));
  expect(await spend(10)).toBe(90);
  headers = new Headers(flux.asPrincipal({ subject: "ben" }));
  expect(await spend(60)).toBe(40);
  headers = new Headers(flux.asPrincipal({ subject: "ben" }));
  const refused = spend(1);
  await expect(refused).rejects.toBeInstanceOf(DenialError);
  await expect(refused).rejects.toMatchObject({
    status: 429,
    code: "quota_exceeded",
    digest: "FLUX_DENIED;quota_exceeded",
  });
});

test("outside a guard current() charges nothing", async () => {
  headers = new Headers(flux.asPrincipal({ subject: "cid" }));
  expect((await app.current({ use: { tokens: 60 } })).allowed).toBe(true);
  expect((await app.current()).feature("tokens").remaining).toBe(100);
});

test("a redirect of onDenied is Next's redirect", async () => {
  headers = new Headers();
  await expect(spend(1)).rejects.toMatchObject({
    digest: expect.stringMatching(/^NEXT_REDIRECT;.*;\/sign-in;/),
  });
});
