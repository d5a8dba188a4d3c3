import { describe, expect, test } from "vitest";
import { denialCodes } from "../decision/codes.ts";
import type { Denial, Remedy } from "../decision/decision.ts";
import { type ProblemSource, problemResponse } from "./denial-response.ts";

const limited: Denial = {
  code: "rate_limited",
  check: "limit",
  name: "api",
  detail: "The limit api is exhausted.",
  retryAt: 5,
};
const off: Denial = { code: "flag_off", check: "flag", name: "beta", detail: "Nothing here." };
const scope: Denial = {
  code: "insufficient_scope",
  check: "permission",
  name: "a",
  detail: "Lacks a.",
};
const remedy: Remedy = {
  retryAt: 5,
  plans: ["pro"],
  scopes: ["a"],
  roles: ["b"],
  permissions: ["c"],
};

const body = (source: Partial<ProblemSource>) => {
  const response = problemResponse({
    denials: [limited],
    remedy,
    headers: {},
    names: "all",
    nameFlags: false,
    ...source,
  });
  return JSON.parse(response.body as string);
};

test.each(Object.entries(denialCodes))("%s is a problem with status %j", (code, { status }) => {
  const denial: Denial = { code: code as Denial["code"], check: "request", detail: "No." };
  const response = problemResponse({
    denials: [denial, limited],
    remedy: undefined,
    headers: { "Retry-After": "1" },
    names: "all",
    nameFlags: false,
  });
  expect(response.status).toBe(status);
  expect(response.headers).toEqual({
    "Retry-After": "1",
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
  });
  expect(JSON.parse(response.body as string)).toMatchObject({
    status,
    code,
    detail: "No.",
    type: expect.any(String),
    title: expect.any(String),
    denials: [{ code }, { code: "rate_limited", name: "api" }],
  });
});

describe("what a body names", () => {
  test("to whoever is known: everything but flags", () => {
    expect(body({ denials: [limited, off, scope] })).toMatchObject({
      denials: [
        { code: "rate_limited", name: "api" },
        { code: "flag_off" },
        { code: "insufficient_scope", name: "a" },
      ],
      remedy,
      "violated-policies": ["api"],
    });
    expect(body({ denials: [limited, off] }).denials[1]).not.toHaveProperty("name");
  });

  test("with expose: flags too", () => {
    expect(body({ denials: [off], nameFlags: true }).denials).toEqual([
      { code: "flag_off", name: "beta" },
    ]);
  });

  test("to a stranger: nothing, in no field", () => {
    const told = body({ denials: [limited, off, scope], names: "none", nameFlags: true });
    expect(JSON.stringify(told)).not.toMatch(/"api"|limit api|beta|pro\b|"[abc]"/);
    expect(told.remedy).toEqual({ retryAt: 5 });
    expect(told).not.toHaveProperty("violated-policies");
  });

  test("on a route for anyone: its limits, and nothing else", () => {
    const told = body({ denials: [limited, off, scope], names: "limits" });
    expect(told.denials).toEqual([
      { code: "rate_limited", name: "api" },
      { code: "flag_off" },
      { code: "insufficient_scope" },
    ]);
    expect(told.detail).toContain("api");
    expect(told.remedy).toEqual({ retryAt: 5 });
  });

  test("no empty remedy", () => {
    expect(body({ names: "none", remedy: { plans: ["pro"] } })).not.toHaveProperty("remedy");
    expect(body({ remedy: undefined })).not.toHaveProperty("remedy");
  });
});
