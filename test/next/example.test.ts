/** The example as `npm start` builds and serves it: somebody signs in, works, and sees what the plan allows. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { buildApp, buildTimeout, type StartedApp, startApp } from "./build.ts";

vi.setConfig({ hookTimeout: buildTimeout });

const folder = join(import.meta.dirname, "..", "..", "examples", "next");
let app: StartedApp;
beforeAll(async () => {
  app = await startApp(await buildApp({ name: "example", folder }));
});
afterAll(() => app?.close());

/** A browser without scripts: it keeps a cookie, and posts forms. */
function browser() {
  let cookie = "";
  const send = async (path: string, init: RequestInit = {}) => {
    const headers = {
      accept: "text/html",
      cookie,
      "sec-fetch-site": "same-origin",
      origin: app.url,
    };
    const response = await fetch(app.url + path, { redirect: "manual", ...init, headers });
    cookie = response.headers.getSetCookie()[0]?.split(";")[0] ?? cookie;
    const text = (await response.text()).replaceAll("<!-- -->", "");
    return { status: response.status, location: response.headers.get("location"), text };
  };
  return {
    open: (path: string) => send(path),
    async submit(path: string, fields: Readonly<Record<string, string>> = {}) {
      const { text } = await send(path);
      const body = new FormData();
      body.set(/\$ACTION_ID_[0-9a-f]+/.exec(text)?.[0] as string, "");
      for (const [name, value] of Object.entries(fields)) body.set(name, value);
      return send(path, { method: "POST", body });
    },
  };
}

test("nobody is sent to sign in, and goes on to the reports", async () => {
  const { open, submit } = browser();
  expect((await open("/")).text).toContain("You are not signed in.");
  expect(await open("/reports")).toMatchObject({ status: 303, location: "/sign-in" });
  expect(await submit("/sign-in", { person: "ann" })).toMatchObject({
    status: 303,
    location: "/reports",
  });
  const reports = await open("/reports");
  expect(reports.text).toContain("Reports of acorn");
  expect(reports.text).toContain("1000 tokens are left this month");
  expect(reports.text).toContain("Exports come with the plan pro.");
});

test("an action is paid for by what it used, until the quota is used up", async () => {
  const { submit, open } = browser();
  await submit("/sign-in", { person: "ben" });
  expect((await open("/reports")).text).toContain("You can export.");
  const after = await submit("/reports");
  expect(after.text).toContain("99877 tokens are left this month");
});

test("nobody signs in as somebody whom nobody knows", async () => {
  const { submit, open } = browser();
  await submit("/sign-in", { person: "toString" });
  expect((await open("/reports")).status).toBe(303);
});
