/** Every relative link of the documentation leads to something. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const documents = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...["packages", "examples"].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => !name.startsWith("."))
      .map((name) => `${folder}/${name}/README.md`),
  ),
  ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`),
];

it.each(documents)("%s", (document) => {
  const text = readFileSync(join(root, document), "utf8");
  const links = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(
    ([, link]) => link as string,
  );
  const relative = links.filter((link) => !/^[a-z]+:/.test(link));
  const dead = relative.filter((link) => !existsSync(join(root, dirname(document), link)));
  expect(dead).toEqual([]);
});
