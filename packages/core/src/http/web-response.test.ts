/** A decision applied to a `Response`: its headers, its refusal, and how the response ended. */
import { getEventListeners } from "node:events";
import { describe, expect, test, vi } from "vitest";
import type { ResponseOutcome } from "../config/requirement-types.ts";
import type { Decision } from "../decision/decision.ts";
import {
  answerToNobody,
  applyHeaders,
  concludeIfLeft,
  concludeWith,
  denialResponse,
  finishResponse,
} from "./web-response.ts";

const limits = { RateLimit: '"api";r=1;t=1', "RateLimit-Policy": '"api";q=2;w=60' };
const origin = { "Access-Control-Allow-Origin": "https://app.example.com" };

describe("applyHeaders", () => {
  const applied = (before: Record<string, string>, decided: Record<string, string>) => {
    const headers = new Headers(before);
    applyHeaders(headers, decided);
    return Object.fromEntries(headers);
  };

  test("sets a decision's headers over earlier ones, and leaves others alone", () => {
    expect(applied({ RateLimit: "old", "X-Own": "1" }, limits)).toEqual({
      ratelimit: limits.RateLimit,
      "ratelimit-policy": limits["RateLimit-Policy"],
      "x-own": "1",
    });
    expect(applied({ "X-Own": "1" }, {})).toEqual({ "x-own": "1" });
  });

  test("lets a page of another origin read them", () => {
    const exposed = (before: Record<string, string>, decided = limits) =>
      applied({ ...origin, ...before }, decided)["access-control-expose-headers"];
    expect(exposed({})).toBe("RateLimit, RateLimit-Policy, Retry-After");
    expect(exposed({ "Access-Control-Expose-Headers": "ETag,ratelimit" })).toBe(
      "ETag, ratelimit, RateLimit-Policy, Retry-After",
    );
    const all = "RateLimit, RateLimit-Policy, Retry-After";
    expect(exposed({ "Access-Control-Expose-Headers": all })).toBe(all);
    expect(exposed({}, {} as typeof limits)).toBeUndefined();
    expect(applied({}, limits)).not.toHaveProperty("access-control-expose-headers");
  });

  test("keeps every cookie", () => {
    const headers = new Headers();
    headers.append("Set-Cookie", "a=1");
    headers.append("Set-Cookie", "b=2");
    applyHeaders(headers, limits);
    expect(headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  });
});

describe("denialResponse", () => {
  const problem = {
    status: 429,
    headers: { ...limits, "Retry-After": "1", "Content-Type": "application/problem+json" },
    body: '{"status":429}',
  };

  test("is the answer, with these headers and no others", async () => {
    const response = denialResponse(problem);
    expect(response.status).toBe(429);
    expect(Object.fromEntries(response.headers)).toEqual({
      "content-type": "application/problem+json",
      ratelimit: limits.RateLimit,
      "ratelimit-policy": limits["RateLimit-Policy"],
      "retry-after": "1",
    });
    expect(await response.text()).toBe(problem.body);
  });

  test("says nothing of a content type that the answer does not name", async () => {
    const response = denialResponse({ status: 403, headers: {}, body: "nö" });
    expect(Object.fromEntries(response.headers)).toEqual({});
    expect(await response.text()).toBe("nö");
  });

  test("takes bytes as they are", async () => {
    const bytes = new Uint8Array([0, 255, 1]);
    const response = denialResponse({ status: 403, headers: {}, body: bytes });
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
  });

  test.each([204, 205, 304])("%i has no body, whatever was given", (status) => {
    for (const body of ["", "not sent", new Uint8Array([1])]) {
      const response = denialResponse({ status, headers: { Location: "/x" }, body });
      expect([response.status, response.body]).toEqual([status, null]);
      expect(response.headers.get("location")).toBe("/x");
    }
  });

  test("over what a response had so far: CORS stays, an earlier guard's limits go", () => {
    const already = new Headers({ ...origin, RateLimit: "old", "RateLimit-Policy": "old" });
    already.append("Set-Cookie", "a=1");
    already.append("Set-Cookie", "b=2");
    const { headers } = denialResponse(
      { status: 402, headers: { "X-Own": "1" }, body: "" },
      already,
    );
    expect(headers.get("ratelimit")).toBeNull();
    expect(headers.get("ratelimit-policy")).toBeNull();
    expect(headers.get("access-control-allow-origin")).toBe("https://app.example.com");
    expect(headers.get("x-own")).toBe("1");
    expect(headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(already.get("ratelimit")).toBe("old");
    const limited = denialResponse(problem, already).headers;
    expect(limited.get("ratelimit")).toBe(limits.RateLimit);
    expect(limited.get("access-control-expose-headers")).toContain("Retry-After");
  });

  describe("an app's own Response", () => {
    const own = () => {
      const response = new Response("no", { status: 403, statusText: "Never" });
      response.headers.append("Set-Cookie", "own=1");
      response.headers.append("Set-Cookie", "own=2");
      return response;
    };

    test("is sent as it is where there is nothing to add to", () => {
      const response = own();
      expect(denialResponse(response)).toBe(response);
    });

    test("replaces what it says itself, its cookies together", async () => {
      const already = new Headers({ ...origin, "Content-Type": "text/html", RateLimit: "old" });
      already.append("Set-Cookie", "a=1");
      const response = denialResponse(own(), already);
      expect([response.status, response.statusText]).toEqual([403, "Never"]);
      expect(response.headers.get("content-type")).toBe("text/plain;charset=UTF-8");
      expect(response.headers.get("access-control-allow-origin")).toBe("https://app.example.com");
      expect(response.headers.get("ratelimit")).toBeNull();
      expect(response.headers.getSetCookie()).toEqual(["own=1", "own=2"]);
      expect(await response.text()).toBe("no");
    });
  });
});

describe("concludeWith", () => {
  /** A decision that wants to know, and what it was told: the first word counts. */
  const watching = (awaitsOutcome = true) => {
    const told: ResponseOutcome[] = [];
    const conclude = vi.fn((outcome: ResponseOutcome) => {
      if (told.length === 0) told.push(outcome);
    });
    return { told, conclude, decision: { awaitsOutcome, conclude } as unknown as Decision };
  };
  /** A source that counts what is asked of it. */
  const source = (chunks: readonly string[], ending: "end" | "error" | "hang" = "end") => {
    const left = [...chunks];
    const asked = { pulls: 0, cancelled: [] as unknown[] };
    const stream = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          asked.pulls += 1;
          const next = left.shift();
          if (next !== undefined) controller.enqueue(new TextEncoder().encode(next));
          else if (ending === "end") controller.close();
          else if (ending === "error") throw new Error("broke off");
          else return new Promise<void>(() => undefined);
        },
        cancel(reason) {
          asked.cancelled.push(reason);
        },
      },
      { highWaterMark: 0 },
    );
    return { stream, asked };
  };
  const tick = () => new Promise((resolve) => setTimeout(resolve, 0));

  test("leaves a response alone that nobody waits for", () => {
    const { decision, conclude } = watching(false);
    const response = new Response("ok");
    expect(concludeWith(response, decision)).toBe(response);
    expect(conclude).not.toHaveBeenCalled();
  });

  test.each([204, 205, 304])("a response without a body is over at once: %i", (status) => {
    const { decision, told } = watching();
    const response = new Response(null, { status });
    expect(concludeWith(response, decision)).toBe(response);
    expect(told).toEqual([{ status, aborted: false }]);
  });

  test("any other when its body has been read to the end", async () => {
    const { decision, told, conclude } = watching();
    const response = concludeWith(
      new Response("done", { status: 201, statusText: "Made" }),
      decision,
    );
    await tick();
    expect(told).toEqual([]);
    expect([response.status, response.statusText]).toEqual([201, "Made"]);
    expect(await response.text()).toBe("done");
    expect(told).toEqual([{ status: 201, aborted: false }]);
    expect(conclude).toHaveBeenCalledOnce();
  });

  test("keeps its headers, each cookie and its content type", () => {
    const given = new Response("{}", {
      headers: { "Content-Type": "application/json", ETag: '"1"' },
    });
    given.headers.append("Set-Cookie", "a=1; Path=/");
    given.headers.append("Set-Cookie", "b=2");
    const { headers } = concludeWith(given, watching().decision);
    expect([...headers]).toEqual([...given.headers]);
    expect(headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2"]);
  });

  test("one whose headers are immutable gets some that are not", () => {
    const { headers } = concludeWith(Response.redirect("https://a.test/"), watching().decision);
    expect(headers.get("location")).toBe("https://a.test/");
    const streamed = concludeWith(new Response("x"), watching().decision);
    streamed.headers.set("X-Own", "1");
    expect(streamed.headers.get("x-own")).toBe("1");
  });

  describe("a streamed body", () => {
    test("is pulled as it is asked for, never ahead, and arrives whole", async () => {
      const { decision, told } = watching();
      const { stream, asked } = source(["a", "b", "c"]);
      const reader = concludeWith(new Response(stream), decision).body?.getReader();
      await tick();
      expect(asked.pulls).toBe(0);
      const read = async () => new TextDecoder().decode((await reader?.read())?.value);
      expect(await read()).toBe("a");
      await tick();
      expect(asked.pulls).toBe(1);
      expect([await read(), await read()]).toEqual(["b", "c"]);
      expect(told).toEqual([]);
      expect((await reader?.read())?.done).toBe(true);
      expect(told).toEqual([{ status: 200, aborted: false }]);
    });

    test("that its reader gives up is aborted, and its source hears of it", async () => {
      const { decision, told } = watching();
      const { stream, asked } = source(["a", "b"]);
      const reader = concludeWith(new Response(stream), decision).body?.getReader();
      await reader?.read();
      const reason = new Error("left");
      await reader?.cancel(reason);
      expect(told).toEqual([{ status: 200, aborted: true }]);
      expect(asked.cancelled).toEqual([reason]);
    });

    test("that is given up while it is waited for, too", async () => {
      const { decision, told, conclude } = watching();
      const { stream, asked } = source([], "hang");
      const reader = concludeWith(new Response(stream), decision).body?.getReader();
      const reading = reader?.read();
      await tick();
      await reader?.cancel("left");
      expect((await reading)?.done).toBe(true);
      await tick();
      expect(told).toEqual([{ status: 200, aborted: true }]);
      expect(asked.cancelled).toEqual(["left"]);
      expect(conclude.mock.calls[0]).toEqual([{ status: 200, aborted: true }]);
    });

    test("that nobody has begun to read, too", async () => {
      const { decision, told } = watching();
      const { stream, asked } = source(["a"]);
      await concludeWith(new Response(stream), decision).body?.cancel();
      expect(told).toEqual([{ status: 200, aborted: true }]);
      expect([asked.pulls, asked.cancelled]).toEqual([0, [undefined]]);
    });

    test("that breaks off breaks off for its reader, and is aborted", async () => {
      const { decision, told } = watching();
      const response = concludeWith(new Response(source(["a"], "error").stream), decision);
      await expect(response.text()).rejects.toThrow("broke off");
      expect(told).toEqual([{ status: 200, aborted: true }]);
    });

    test("whose source cannot be cancelled tells that", async () => {
      const { decision, told } = watching();
      const stream = new ReadableStream({
        cancel: () => Promise.reject(new Error("cannot stop")),
      });
      const { body } = concludeWith(new Response(stream), decision);
      await expect(body?.cancel()).rejects.toThrow("cannot stop");
      expect(told).toEqual([{ status: 200, aborted: true }]);
    });

    test("passes through others: a transform, a tee, a clone", async () => {
      const { decision, told } = watching();
      const response = concludeWith(new Response(source(["a", "b"]).stream), decision);
      const copy = response.clone();
      expect(await response.text()).toBe("ab");
      expect(await copy.text()).toBe("ab");
      expect(told).toEqual([{ status: 200, aborted: false }]);
    });
  });

  describe("a client that leaves", () => {
    test("before there was anything to send", async () => {
      const { decision, told } = watching();
      const response = new Response("late");
      expect(concludeWith(response, decision, AbortSignal.abort())).toBe(response);
      expect(told).toEqual([{ status: 499, aborted: true }]);
    });

    test("while it is sent", async () => {
      const { decision, told } = watching();
      const controller = new AbortController();
      const { stream } = source(["a", "b"]);
      const response = concludeWith(new Response(stream), decision, controller.signal);
      await response.body?.getReader().read();
      controller.abort();
      expect(told).toEqual([{ status: 200, aborted: true }]);
    });

    test("after all was sent: it has been", async () => {
      const { decision, told } = watching();
      const controller = new AbortController();
      const response = concludeWith(new Response("all"), decision, controller.signal);
      await response.text();
      controller.abort();
      expect(told).toEqual([{ status: 200, aborted: false }]);
    });

    test("leaves nothing behind on a signal that outlives the response", async () => {
      const { signal } = new AbortController();
      for (let i = 0; i < 3; i++) {
        await concludeWith(new Response("all"), watching().decision, signal).text();
        await concludeWith(new Response("x"), watching().decision, signal).body?.cancel();
        concludeWith(new Response(null), watching().decision, signal);
      }
      expect(getEventListeners(signal, "abort")).toEqual([]);
    });
  });
});

describe("finishResponse", () => {
  const allowed = (decided: Record<string, string>, awaitsOutcome = false) => {
    const outcomes: ResponseOutcome[] = [];
    const conclude = (outcome: ResponseOutcome) => void outcomes.push(outcome);
    return { decision: { headers: decided, awaitsOutcome, conclude } as never, outcomes };
  };
  const get = () => ({ method: "GET" });

  test("adds what is missing, and nothing where a later guard has refused", () => {
    const { decision } = allowed(limits);
    const own = () => new Response("x", { headers: { RateLimit: "own" } });
    const finished = finishResponse(own(), decision, get());
    expect(finished.headers.get("ratelimit")).toBe("own");
    expect(finished.headers.get("ratelimit-policy")).toBe(limits["RateLimit-Policy"]);
    const refused = finishResponse(new Response("x"), decision, get(), true);
    expect(refused.headers.has("ratelimit")).toBe(false);
  });

  test("what an app gives to many tells each its own limits", async () => {
    const shared = new Response(null, { status: 204 });
    const of = (remaining: number) => ({ RateLimit: `"api";r=${remaining};t=1` });
    const told = [5, 4, 9].map((remaining) =>
      finishResponse(shared, allowed(of(remaining)).decision, get()).headers.get("ratelimit"),
    );
    expect(told).toEqual([5, 4, 9].map((remaining) => of(remaining).RateLimit));
  });

  test("two guards of one request: the inner one's word stays", () => {
    const request = get();
    const inner = finishResponse(
      new Response("x"),
      allowed({ RateLimit: "inner" }).decision,
      request,
    );
    const outer = finishResponse(inner, allowed({ RateLimit: "outer" }).decision, request);
    expect(outer.headers.get("ratelimit")).toBe("inner");
  });

  test("of an answer to HEAD the body is not waited for", () => {
    const { decision, outcomes } = allowed({}, true);
    const finished = finishResponse(new Response("x", { status: 410 }), decision, {
      method: "HEAD",
    });
    expect([finished.status, finished.body]).toEqual([410, null]);
    expect(outcomes).toEqual([{ status: 410, aborted: false }]);
  });

  test("a client that has left is answered by nobody, and one that leaves is noted", () => {
    const gone = new AbortController();
    const { decision, outcomes } = allowed({}, true);
    const request = { method: "GET", signal: gone.signal };
    expect(answerToNobody(decision, request)).toBeUndefined();
    const stop = concludeIfLeft(decision, request);
    gone.abort();
    expect(outcomes).toEqual([{ status: 499, aborted: true }]);
    expect(answerToNobody(decision, request)?.status).toBe(499);
    stop();
    for (const signal of [undefined, null])
      expect(answerToNobody(decision, { method: "GET", signal })).toBeUndefined();
  });
});
