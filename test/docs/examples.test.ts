/** Every TypeScript block of the documentation compiles as it stands, under the project's own strictness. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const documents = ["README.md", "packages/core/README.md", "packages/express/README.md"];

function blocksOf(document: string): string[] {
  const text = readFileSync(join(root, document), "utf8");
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] as string);
}

function compile(files: ReadonlyMap<string, string>): string[] {
  const read = (path: string) => ts.sys.readFile(path);
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), read);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.readFile = (path) => files.get(path) ?? readFile(path);
  const program = ts.createProgram([...files.keys()], { ...options, noEmit: true }, host);
  return ts
    .getPreEmitDiagnostics(program)
    .filter(({ file }) => file !== undefined && files.has(file.fileName))
    .map(({ file, messageText }) => {
      const message = ts.flattenDiagnosticMessageText(messageText, "\n");
      return `${file?.fileName.slice(root.length + 1)}: ${message}`;
    });
}

describe("the documentation", () => {
  it("has examples", () => {
    for (const document of documents) expect(blocksOf(document)).not.toEqual([]);
  });

  it("compiles", { timeout: 60_000 }, () => {
    const files = new Map<string, string>();
    for (const document of documents)
      blocksOf(document).forEach((block, i) => {
        files.set(join(root, "test/docs", `${document.replaceAll("/", "-")}-${i}.ts`), block);
      });
    expect(compile(files)).toEqual([]);
  });

  it("would notice a misspelt feature", { timeout: 60_000 }, () => {
    const block = blocksOf("README.md")[0] as string;
    const path = join(root, "test/docs/misspelt.ts");
    const misspelt = block.replace('feature: "exports"', 'feature: "export"');
    expect(compile(new Map([[path, misspelt]]))).toHaveLength(1);
  });

  it("types a request's decision by the registered Flux", { timeout: 60_000 }, () => {
    const block = blocksOf("packages/express/README.md")[1] as string;
    const handler = (feature: string) => `${block}
      import type { Request } from "express";
      import "@flux/express";
      export const read = (request: Request) => request.flux?.feature("${feature}");`;
    const path = join(root, "test/docs/registered.ts");
    expect(compile(new Map([[path, handler("exports")]]))).toEqual([]);
    expect(compile(new Map([[path, handler("export")]]))).toHaveLength(1);
  });
});
