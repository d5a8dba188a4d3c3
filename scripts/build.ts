// Builds every package: @flux/core first, since the others' declarations read its own.
// With --js it leaves the declarations as they are, and then nothing has to wait: about a second.
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const packages = join(import.meta.dirname, "..", "packages");
const tsup = join(import.meta.dirname, "..", "node_modules", "tsup", "dist", "cli-default.js");
const scriptsOnly = process.argv.includes("--js");
const flags = scriptsOnly ? ["--no-dts", "--no-clean"] : [];

function build(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [tsup, "--silent", ...flags], {
      cwd: join(packages, name),
      stdio: "inherit",
    });
    child.once("error", reject);
    child.once("exit", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`the build of packages/${name} failed`));
    });
  });
}

const others = readdirSync(packages).filter(
  (name) => name !== "core" && existsSync(join(packages, name, "tsup.config.ts")),
);

try {
  if (scriptsOnly) {
    await Promise.all(["core", ...others].map(build));
  } else {
    await build("core");
    await Promise.all(others.map(build));
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
