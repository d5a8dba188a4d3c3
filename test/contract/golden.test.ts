/** The golden answers themselves, held against what DESIGN says of them (§4). */
import { expect, test } from "vitest";
import { cases } from "./cases.ts";
import { exceptions } from "./exceptions.ts";
import { type Response, readGolden } from "./golden.ts";
import { handlers, nameOf } from "./handlers.ts";

const now = Date.UTC(2030, 0, 15, 12, 20);
const golden = readGolden();

const statuses = {
  bad_request: 400,
  unauthenticated: 401,
  invalid_token: 401,
  feature_unavailable: 402,
  insufficient_scope: 403,
  forbidden: 403,
  flag_off: 404,
  quota_exceeded: 429,
  rate_limited: 429,
  unavailable: 503,
} as const;
type Code = keyof typeof statuses;

interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: Code;
  readonly denials: readonly { readonly code: Code; readonly name?: string }[];
  readonly remedy?: { readonly retryAt?: number };
  readonly "violated-policies"?: readonly string[];
}

/** Every answer, with what was asked. */
const answers = cases.flatMap((given) =>
  given.steps.map((step, number) => ({
    given,
    step,
    title: `${given.name}, step ${number}`,
    answer: golden[given.name]?.[number] as Response,
  })),
);
const problems = answers.flatMap((each) =>
  each.answer.headers["content-type"] === "application/problem+json"
    ? [{ ...each, problem: each.answer.body as Problem }]
    : [],
);
/** A HEAD's body is dropped. */
const withBody = problems.filter(({ step }) => !step.send.startsWith("HEAD"));

test("every case has its answers, and every answer its case", () => {
  expect(Object.keys(golden)).toEqual(cases.map(({ name }) => name));
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  for (const { name, steps } of cases) expect(golden[name], name).toHaveLength(steps.length);
  const names = cases.map(({ name }) => name);
  for (const { cases: excepted, reason } of exceptions)
    for (const name of excepted) expect(names, reason).toContain(name);
});

test("every handler is reached by somebody, and every code told to somebody", () => {
  const reached = new Set(answers.map(({ answer }) => answer.handler));
  const names = handlers.filter(({ does }) => does !== "throws" && does !== "never-answers");
  const unreachable = [
    ...["GET /beta", "GET /dark", "GET /everything", "POST /huge", "POST /too-much"],
    ...["POST /broken-cost", "GET /answered/:how"],
  ];
  expect(names.map(nameOf).filter((name) => !reached.has(name))).toEqual(
    names.map(nameOf).filter((name) => unreachable.includes(name)),
  );
  expect(new Set(withBody.map(({ problem }) => problem.code))).toEqual(
    new Set(Object.keys(statuses)),
  );
});

test("a body says what the status says, first of all that was refused", () => {
  for (const { title, answer, problem } of withBody) {
    expect(problem.status, title).toBe(answer.status);
    expect(statuses[problem.code], title).toBe(answer.status);
    expect(problem.denials[0]?.code, title).toBe(problem.code);
    for (const { code } of problem.denials) expect(statuses, title).toHaveProperty(code);
    expect(Object.keys(problem).slice(0, 6), title).toEqual([
      ...["type", "title", "status", "detail", "code", "denials"],
    ]);
  }
});

test("each code has its headers, and no others", () => {
  const challenges: Partial<Record<Code, RegExp>> = {
    unauthenticated: /^Bearer realm="contract"$/,
    invalid_token: /^Bearer realm="contract", error="invalid_token", error_description="[^"]+"$/,
    insufficient_scope: /^Bearer realm="contract", error="insufficient_scope", scope="[\w: ]+"$/,
  };
  for (const { title, answer, problem } of withBody) {
    const { headers } = answer;
    expect(headers["cache-control"], title).toBe("no-store");
    const challenge = challenges[problem.code];
    if (challenge) expect(headers["www-authenticate"], title).toMatch(challenge);
    else expect(headers["www-authenticate"], title).toBeUndefined();
    const mends = problem.denials.every(
      ({ code }) => statuses[code] === 429 || code === "unavailable",
    );
    if (!mends) expect(headers["retry-after"], title).toBeUndefined();
    if (answer.status === 503) expect(headers["retry-after"], title).toBeDefined();
    if (answer.status !== 429) expect(problem["violated-policies"], title).toBeUndefined();
  }
});

test("Retry-After is what the remedy says, in whole seconds", () => {
  for (const { title, answer, problem } of withBody) {
    const { "retry-after": seconds } = answer.headers;
    const at = problem.remedy?.retryAt;
    expect(seconds, title).toBe(
      at === undefined ? undefined : String(Math.max(1, Math.ceil((at - now) / 1_000))),
    );
  }
  const forGood = withBody.filter(
    ({ answer }) => answer.status === 429 && answer.headers["retry-after"] === undefined,
  );
  expect(forGood.length).toBeGreaterThanOrEqual(3);
});

test("RateLimit and its policy name the same limits, and what can be spent is no more than the burst", () => {
  let told = 0;
  for (const { title, answer } of answers) {
    const names = (value: unknown) =>
      [...String(value ?? "").matchAll(/"([\w-]+)"/g)].map(([, name]) => name);
    const { ratelimit, "ratelimit-policy": policy } = answer.headers;
    expect(names(ratelimit), title).toEqual(names(policy));
    if (ratelimit === undefined) continue;
    told++;
    expect(ratelimit, title).toMatch(/^("[\w-]+";r=\d+;t=\d+)(, "[\w-]+";r=\d+;t=\d+)*$/);
    expect(policy, title).toMatch(/^("[\w-]+";q=\d+;w=\d+)(, "[\w-]+";q=\d+;w=\d+)*$/);
  }
  expect(told).toBeGreaterThan(40);
});

test("who is not known learns nothing of the config, but for the limits of a route for anyone", () => {
  const strangers = withBody.filter(
    ({ step, problem }) =>
      problem.code === "unauthenticated" ||
      problem.code === "invalid_token" ||
      (step.as === undefined && !step.headers?.some((line) => line.startsWith("cookie"))),
  );
  expect(strangers.length).toBeGreaterThan(40);
  const secrets =
    /reports:|"staff"|role|secret-beta|for-pro|exports|tokens\b|doorbell|"api"|daily|\bfree\b|\bpro\b|org_id/;
  for (const { title, step, answer } of strangers) {
    if (step.send === "POST /ring") continue;
    const text = JSON.stringify(answer.body) + JSON.stringify(answer.headers);
    expect(text, title).not.toMatch(secrets);
  }
});

test("flags have no names, but where the config says so", () => {
  for (const { title, given, answer } of withBody)
    if (given.edition !== "open")
      expect(JSON.stringify(answer.body), title).not.toMatch(/secret-beta|for-pro|theme/);
});

test("what is let through has run a handler; what is refused has not", () => {
  for (const { title, answer, step } of answers) {
    const ofTheApp = step.send.includes("/answered/") || step.send === "OPTIONS /limited";
    if (ofTheApp || answer.status === 0 || answer.status >= 500) continue;
    expect(answer.handler !== undefined, title).toBe(answer.status < 300);
  }
});
