import { join } from "node:path";
import { vi } from "vitest";
import { describeSpellings } from "../spellings/spellings.ts";
import { buildApp, buildTimeout, startApp } from "./build.ts";

vi.setConfig({ hookTimeout: buildTimeout });

const folder = join(import.meta.dirname, "spelling-app");
const variant = (name: string) => join(import.meta.dirname, "variants", name);
const reads = [join(import.meta.dirname, "..", "spellings")];

const start = (name: string, files: Readonly<Record<string, string>>) => async () =>
  startApp(await buildApp({ name, folder, files, reads }));

/** Next takes what the URL parser makes of a target; it redirects doubled and trailing slashes before it asks anybody. */
const reached = [
  "/admin/x",
  "/admin/x?a=1",
  "/admin/x?",
  "/admin/x?a=../../open",
  "/admin/x?/../open",
  "/./admin/x",
  "/admin/./x",
  "/open/../admin/x",
  "/open/%2e%2e/admin/x",
  "/admin/y/../x",
  "/admin/x#a",
];

describeSpellings(
  "a proxy in front of bare handlers",
  start("spellings-proxy", { "proxy.ts": variant("proxy.ts") }),
  reached,
);
describeSpellings(
  "guarded handlers without a proxy",
  start("spellings-handlers", { "handler.ts": variant("guarded-handler.ts") }),
  reached,
);
