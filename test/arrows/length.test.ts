import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

const longest = 300;
const core = join(import.meta.dirname, "..", "..", "packages", "core", "src");

/** The files above 300 lines, tests aside, whose header comment gives no reason ("Long because: …"). */
function tooLong(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .filter((file) => {
      const text = readFileSync(join(folder, file), "utf8");
      const lines = text.trimEnd().split("\n").length;
      return lines > longest && !headerOf(text).includes("Long because:");
    });
}

/** The comments before the first line of code. */
function headerOf(text: string): string {
  return /^(?:\s*(?:\/\/[^\n]*|\/\*[\s\S]*?\*\/))*/.exec(text)?.[0] ?? "";
}

test("no file of the core is longer than 300 lines without a reason in its header", () => {
  expect(tooLong(core)).toEqual([]);
});

test("a long file is found unless its header says why", () => {
  const folder = mkdtempSync(join(tmpdir(), "flux-length-"));
  const lines = (count: number) => "export {};\n".repeat(count);
  writeFileSync(join(folder, "at-the-limit.ts"), lines(300));
  writeFileSync(join(folder, "long.ts"), lines(301));
  writeFileSync(join(folder, "late-reason.ts"), `${lines(301)}// Long because: too late.\n`);
  writeFileSync(
    join(folder, "explained.ts"),
    `/** A table.\n * Long because: a table. */\n${lines(301)}`,
  );
  writeFileSync(
    join(folder, "explained-too.ts"),
    `// A table.\n// Long because: a table.\n${lines(301)}`,
  );
  writeFileSync(join(folder, "long.test.ts"), lines(900));
  try {
    expect(tooLong(folder).sort()).toEqual(["late-reason.ts", "long.ts"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
