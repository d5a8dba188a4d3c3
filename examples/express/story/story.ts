import { setTimeout as sleep } from "node:timers/promises";
import type { Chapter } from "./play.ts";

/** Three customers use the reports API: acorn is on the free plan, birch on pro, cedar on scale. */
export const story: readonly Chapter[] = [
  {
    title: "Who is asking?",
    steps: [
      {
        says: "Anyone may ask whether the service is up.",
        asks: { request: "GET /health" },
        gets: { status: 200 },
      },
      {
        says: "A report is for customers only, so a stranger is asked to sign in.",
        asks: { request: "GET /reports/7" },
        gets: { status: 401, code: "unauthenticated" },
      },
      {
        says: "Acorn's app signs in with a token from its identity provider.",
        asks: { as: "acorn-app", request: "GET /reports/7" },
        gets: { status: 200 },
      },
      {
        says: "Acorn writes birch's name into its token: the signature no longer fits.",
        asks: { as: "acorn-app", token: "edited", request: "GET /reports/7" },
        gets: { status: 401, code: "invalid_token" },
      },
      {
        says: "A sound token that was issued for another API does not open this one.",
        asks: { as: "acorn-app", token: "for another API", request: "GET /reports/7" },
        gets: { status: 401, code: "invalid_token" },
      },
      {
        says: "Two Authorization headers: which one counts is not guessed.",
        asks: { as: "acorn-app", token: "sent twice", request: "GET /reports/7" },
        gets: { status: 400, code: "bad_request" },
      },
    ],
  },
  {
    title: "What may they do?",
    steps: [
      {
        says: "Birch's reader may read reports, but not start exports.",
        asks: { as: "birch-reader", request: "POST /exports" },
        gets: { status: 403, code: "insufficient_scope", remedy: ["exports:write"] },
      },
      {
        says: "The internal pages are for staff.",
        asks: { as: "birch-app", request: "GET /internal/tenants" },
        gets: { status: 403, code: "forbidden", remedy: ["staff"] },
      },
      {
        says: "Express ignores the case of a path, and so does the rule for it.",
        asks: { as: "birch-app", request: "GET /INTERNAL/tenants" },
        gets: { status: 403, code: "forbidden" },
      },
      {
        says: "A path that two servers could read differently is not read at all.",
        asks: { as: "birch-app", request: "GET /reports/%2e%2e/internal/tenants" },
        gets: { status: 400, code: "bad_request" },
      },
    ],
  },
  {
    title: "Is it sold, and is it released?",
    steps: [
      {
        says: "Birch's plan includes exports, and the new exports are released to birch.",
        asks: { as: "birch-app", request: "POST /exports" },
        gets: { status: 202 },
      },
      {
        says: "Released to acorn too, but the free plan does not include exports.",
        asks: { as: "acorn-app", request: "POST /exports" },
        gets: { status: 402, code: "feature_unavailable", remedy: ["pro", "scale"] },
      },
      {
        says: "Cedar has bought everything, but exports are not released to it yet.",
        asks: { as: "cedar-app", request: "POST /exports" },
        gets: { status: 404, code: "flag_off" },
      },
      {
        says: "A guard on this one route adds that sharing must be in the plan.",
        asks: { as: "acorn-app", request: "POST /reports/7/share" },
        gets: { status: 402, code: "feature_unavailable", remedy: ["pro", "scale"] },
      },
    ],
  },
  {
    title: "How much of it is left?",
    steps: [
      {
        says: "The free plan has 10,000 tokens a month for the chat.",
        asks: { as: "acorn-app", request: "GET /usage" },
        gets: { status: 200, left: 10_000 },
      },
      {
        says: "A question reserves 2,000; its answer takes 523 and gives the rest back.",
        asks: { as: "acorn-app", request: "POST /chat", body: { ask: "a haiku" } },
        gets: { status: 200 },
      },
      {
        says: "So 523 are gone.",
        asks: { as: "acorn-app", request: "GET /usage" },
        gets: { status: 200, left: 9_477 },
      },
      {
        says: "The model breaks down: the 502 gives back all that was reserved.",
        asks: { as: "acorn-app", request: "POST /chat", body: { ask: "an outage" } },
        gets: { status: 502 },
      },
      {
        says: "So nothing is gone.",
        asks: { as: "acorn-app", request: "GET /usage" },
        gets: { status: 200, left: 9_477 },
      },
      {
        says: "A long answer takes 8,000, more than was reserved.",
        asks: { as: "acorn-app", request: "POST /chat", body: { ask: "a novel" } },
        gets: { status: 200 },
      },
      {
        says: "1,477 are left, too few to reserve 2,000 once more.",
        asks: { as: "acorn-app", request: "POST /chat", body: { ask: "a haiku" } },
        gets: { status: 429, code: "quota_exceeded", remedy: ["pro", "scale"] },
      },
    ],
  },
  {
    title: "How fast?",
    steps: [
      {
        says: "Acorn asks 12 times in a row, and its plan allows 6 at once.",
        asks: { as: "acorn-app", request: "GET /reports/7", times: 12 },
        gets: { status: 429, code: "rate_limited" },
      },
      {
        says: "Each tenant has a limit of its own: birch does not notice.",
        asks: { as: "birch-app", request: "GET /reports/7" },
        gets: { status: 200 },
      },
      {
        says: "Nobody has signed in here, so guesses at a password are counted by address.",
        asks: { request: "POST /login", times: 6 },
        gets: { status: 429, code: "rate_limited" },
      },
    ],
  },
  {
    title: "And when something is down?",
    steps: [
      {
        says: "Staff sign in, then their identity provider goes down. Customers do not notice.",
        before: async (servers) => {
          await servers.tokenFor("staff-console");
          await servers.providers.staff.kill();
        },
        asks: { as: "birch-app", request: "GET /reports/7" },
        gets: { status: 200 },
      },
      {
        says: "Its keys were never seen, so nobody can tell whether this is staff: nobody gets in.",
        asks: { as: "staff-console", request: "GET /internal/tenants" },
        gets: { status: 503, code: "unavailable" },
      },
      {
        says: "It is back. After the wait that the 503 named, staff get in.",
        before: async (servers, last) => {
          await servers.providers.staff.restart();
          await sleep(Number(last?.headers["retry-after"] ?? 0) * 1_000);
        },
        asks: { as: "staff-console", request: "GET /internal/tenants" },
        gets: { status: 200 },
      },
    ],
  },
];
