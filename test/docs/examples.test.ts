/** Every TypeScript block of the documentation compiles as it stands, under the project's own strictness. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const packages = readdirSync(join(root, "packages"));
/** What is measured has no code. */
const measured = ["faults.md"];
const guides = readdirSync(join(root, "docs")).filter(
  (name) => name.endsWith(".md") && !measured.includes(name),
);
const documents = [
  "README.md",
  ...packages.map((name) => `packages/${name}/README.md`),
  ...guides.map((name) => `docs/${name}`),
];

function blocksOf(document: string): string[] {
  const text = readFileSync(join(root, document), "utf8");
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] as string);
}

const { config } = ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path));
const parsed = ts.parseJsonConfigFileContent(config, ts.sys, root);
/** Nest is written with decorators. */
const options: ts.CompilerOptions = {
  ...parsed.options,
  noEmit: true,
  experimentalDecorators: true,
};
const plainHost = ts.createCompilerHost(options);
const resolutions = ts.createModuleResolutionCache(root, (name) => name, options);
/** What every program reads: the libraries, their types and our sources. Parsed once, by path. */
const sources = new Map<string, ts.SourceFile | undefined>();

/**
 * Type-checks one block as a program of its own: what it declares, `Register` above all, is in force in no
 * other block.
 */
function compile(name: string, block: string): string[] {
  const path = join(root, "test/docs", name);
  const host: ts.CompilerHost = {
    ...plainHost,
    fileExists: (asked) => asked === path || plainHost.fileExists(asked),
    readFile: (asked) => (asked === path ? block : plainHost.readFile(asked)),
    getModuleResolutionCache: () => resolutions,
    getSourceFile(asked, version) {
      if (asked === path) return ts.createSourceFile(path, block, version);
      if (!sources.has(asked)) sources.set(asked, plainHost.getSourceFile(asked, version));
      return sources.get(asked);
    },
  };
  const program = ts.createProgram([path], options, host);
  const file = program.getSourceFile(path);
  return [
    ...program.getOptionsDiagnostics(),
    ...program.getSyntacticDiagnostics(file),
    ...program.getSemanticDiagnostics(file),
  ].map(({ messageText }) => `${name}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`);
}

const timeout = 60_000;

describe.each(documents)("%s", (document) => {
  it("has examples", () => {
    expect(blocksOf(document)).not.toEqual([]);
  });

  it("compiles", { timeout }, () => {
    const name = document.replaceAll("/", "-");
    const mistakes = blocksOf(document).flatMap((block, i) => compile(`${name}-${i}.ts`, block));
    expect(mistakes).toEqual([]);
  });
});

describe("the check", () => {
  it("would notice a misspelt feature", { timeout }, () => {
    const block = blocksOf("README.md")[0] as string;
    const misspelt = block.replace('feature: "exports"', 'feature: "export"');
    expect(compile("misspelt.ts", misspelt)).toHaveLength(1);
  });

  it("types a request's decision by the registered Flux", { timeout }, () => {
    const block = blocksOf("packages/express/README.md")[1] as string;
    const handler = (feature: string) => `${block}
      import type { Request } from "express";
      import "@flux/express";
      export const read = (request: Request) => request.flux?.feature("${feature}");`;
    expect(compile("registered.ts", handler("exports"))).toEqual([]);
    expect(compile("unregistered.ts", handler("export"))).toHaveLength(1);
  });

  it("types a decorator by the registered Flux", { timeout }, () => {
    const block = blocksOf("packages/nest/README.md")[1] as string;
    const controller = (feature: string) => `${block}
      import { Require } from "@flux/nest";
      export class Exports {
        @Require({ feature: "${feature}" }) create() {}
      }`;
    expect(compile("decorated.ts", controller("exports"))).toEqual([]);
    expect(compile("misdecorated.ts", controller("export"))).toHaveLength(1);
  });
});
