/**
 * The contract: one config, one list of cases, one golden answer for each, whatever the framework. Express's
 * answers are recorded with `UPDATE_GOLDEN=1 npx vitest run test/contract/express.test.ts`, and formatted
 * with `npm run format`.
 */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Case, Step } from "./cases/case.ts";
import { cases } from "./cases.ts";
import { type Credentials, issueCredentials } from "./credentials.ts";
import { type Edition, editions } from "./environment.ts";
import { type Exception, exceptionOf } from "./exceptions.ts";
import { comparable, type Golden, type Response, readGolden, writeGolden } from "./golden.ts";
import { handlers, nameOf } from "./handlers.ts";
import { begin, send } from "./send.ts";
import type { RunningTarget, Target } from "./targets/target.ts";

/** The time that all targets live in, and that the tokens are issued at: what is told of it is always the same. */
const now = Date.UTC(2030, 0, 15, 12, 20);
const recording = process.env.UPDATE_GOLDEN !== undefined;
const patience = { timeout: 4_000, interval: 25 };

/** Runs something as if it were another time. */
async function atTime<T>(offset: number, run: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ["Date"], now: now + offset * 1_000 });
  try {
    return await run();
  } finally {
    vi.useRealTimers();
  }
}

export function describeContract(target: Target): void {
  const golden: Golden = recording && target.name === "express" ? {} : readGolden();
  const recorded: Record<string, Response[]> = {};
  let credentials: Credentials;
  const running = {} as Record<Edition, RunningTarget>;

  beforeAll(async () => {
    credentials = await issueCredentials(atTime);
    const { issuer, silentIssuer } = credentials;
    for (const edition of editions)
      running[edition] = await target.start({ issuer, silentIssuer, now, edition });
  }, 180_000);
  afterAll(async () => {
    await Promise.all(editions.map((edition) => running[edition]?.close()));
    await credentials?.close();
    if (recording && target.name === "express") writeGolden(recorded);
  });

  /** Each case comes from an address of its own, so that no other is counted with it. */
  const addressOf = (index: number) => `x-client: 10.9.${index >> 8}.${index & 255}`;

  /** Ends the connection of a client that does not stay. */
  let leave: (() => void) | undefined;

  async function ask({ edition = "usual" }: Case, step: Step, address: string): Promise<Response> {
    const lines = [
      address,
      ...(step.as === undefined ? [] : [credentials.lineOf(step.as)]),
      ...(step.headers ?? []).map((line) => credentials.fill(line)),
    ];
    const { port } = running[edition];
    if (step.leaves === undefined) return comparable(await send(port, step.send, lines));
    const begun = await begin(port, step.send, lines, step.leaves);
    leave = begun.leave;
    return comparable(begun.received);
  }

  describe(target.name, () => {
    for (const [index, given] of cases.entries())
      test(given.name, async () => {
        const answers: Response[] = [];
        for (const [number, step] of given.steps.entries()) {
          const asked = () => ask(given, step, addressOf(index));
          const expected = golden[given.name]?.[number];
          const leaveAfter = leave;
          if (expected !== undefined) await expectAnswer(asked, expected, given, number);
          else if (recording) answers.push(await record(asked, step));
          else throw new Error("There is no golden answer: record it, and read it.");
          leaveAfter?.();
        }
        leave = undefined;
        recorded[given.name] = answers;
      });
  });

  async function record(asked: () => Promise<Response>, step: Step): Promise<Response> {
    if (step.eventually) await new Promise((resolve) => setTimeout(resolve, 500));
    return asked();
  }

  async function expectAnswer(
    asked: () => Promise<Response>,
    expected: Response,
    given: Case,
    number: number,
  ): Promise<void> {
    const step = given.steps[number] as Step;
    const exception = exceptionOf(target.name, given.name, number);
    if (exception !== undefined)
      await expectException(await asked(), expected, exception, given, step);
    else if (step.eventually)
      await expect.poll(async () => text(await asked()), patience).toBe(text(expected));
    else expect(text(await asked()), step.send).toBe(text(expected));
  }

  async function expectException(
    actual: Response,
    expected: Response,
    { instead }: Exception,
    given: Case,
    step: Step,
  ): Promise<void> {
    expect(text(actual), "an exception that is not needed any more").not.toBe(text(expected));
    expect(actual).toMatchObject(instead);
    const { handler } = actual;
    if (handler === undefined || handler === expected.handler) return;
    // It is safe where the handler answers the same caller by its proper path, too.
    const { method, path } = handlers.find((each) => nameOf(each) === handler) ?? {};
    const proper = `${method === "ALL" ? "GET" : method} ${path?.replace(/:\w+/g, "x")}`;
    const headers = step.as === undefined ? step.headers : undefined;
    const asked: Step = {
      send: proper,
      ...(step.as && { as: step.as }),
      ...(headers && { headers }),
    };
    const plain = await ask(given, asked, "x-client: 10.10.0.1");
    expect(plain.handler, `${step.send} reached ${handler}`).toBe(handler);
  }
}

/** As text, so that not even the order of a body's fields may differ. */
const text = (response: Response) => JSON.stringify(response, null, 2);
