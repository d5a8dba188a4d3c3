import { afterAll, beforeAll, expect, test } from "vitest";
import { type Servers, startServers } from "../servers.ts";
import { plain } from "./palette.ts";
import { play, type Result } from "./play.ts";
import { story } from "./story.ts";
import { storyTable } from "./table.ts";

let servers: Servers;
const results: Result[] = [];
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

test("the story goes as told", { timeout: 60_000 }, async () => {
  for (const step of story.flatMap(({ steps }) => steps)) {
    results.push(await play(servers, step, results.at(-1)?.answer));
  }
  const wrong = results.filter(({ mistakes }) => mistakes.length > 0);
  expect(wrong.map(({ step, mistakes }) => [step.says, ...mistakes])).toEqual([]);
});

test("it shows every way to be refused", () => {
  const codes = new Set(results.map(({ code }) => code));
  expect([...codes].sort()).toEqual([
    "allowed",
    "bad_request",
    "feature_unavailable",
    "flag_off",
    "forbidden",
    "insufficient_scope",
    "invalid_token",
    "quota_exceeded",
    "rate_limited",
    "unauthenticated",
    "unavailable",
  ]);
});

test.each([80, 100, 120])("its table fits %i columns", (width) => {
  const table = storyTable(plain, width);
  for (const line of results.flatMap((result) => table.row(result).split("\n"))) {
    expect(line.length, line).toBeLessThanOrEqual(width);
  }
});

test("a step that goes otherwise is marked, with what was expected and what came", () => {
  const [step] = story.flatMap(({ steps }) => steps);
  if (step === undefined) throw new Error("The story is empty.");
  const answer = { status: 503, headers: {}, body: {} };
  const mistakes = ["expected 200 allowed, but got 503 unavailable"];
  const row = storyTable(plain, 100).row({ step, answer, code: "unavailable", mistakes });
  expect(row).toContain("✗ Anyone may ask");
  expect(row).toContain(mistakes[0]);
});
