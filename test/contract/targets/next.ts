import { join } from "node:path";
import { buildApp, startApp } from "../../next/build.ts";
import { toVariables } from "../environment.ts";
import { type Handler, handlers, nameOf } from "../handlers.ts";
import type { Target } from "./target.ts";

const contract = join(import.meta.dirname, "..");

export const target: Target = {
  name: "next",
  async start(environment) {
    const app = await buildApp({
      name: "contract",
      folder: join(contract, "next-app"),
      reads: ["config.ts", "callers.ts", "environment.ts", "handlers.ts"].map((name) =>
        join(contract, name),
      ),
      writes: Object.fromEntries(routeFiles()),
    });
    return startApp(app, toVariables(environment));
  },
};

/** Next routes by files: one for each path, with the handlers of all its methods. */
function* routeFiles(): Iterable<[path: string, text: string]> {
  for (const path of new Set(handlers.map((handler) => handler.path))) {
    const those = handlers.filter((handler) => handler.path === path);
    const folders = path.slice(1).split("/");
    const folder = folders.map((name) => name.replace(/^:(.*)$/, "[$1]")).join("/");
    const up = "../".repeat(folders.length + 1);
    const exported = those.flatMap((handler) =>
      methodsOf(handler).map(
        (method) => `export const ${method} = handle(${JSON.stringify(nameOf(handler))});\n`,
      ),
    );
    yield [
      `app/${folder}/route.ts`,
      `import { handle } from "${up}handle.ts";\n\nexport const dynamic = "force-dynamic";\n${exported.join("")}`,
    ];
  }
}

const methodsOf = ({ method }: Handler): readonly string[] =>
  method === "ALL" ? ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] : [method];
