// Makes sure that the servers that tests start are installed: as root on Debian and its kin it installs
// what is missing, elsewhere it says what to install. Instant where nothing is missing.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { missingPrograms } from "../test/servers/find.ts";

const missing = missingPrograms();
if (missing.length > 0) {
  const packages = [...new Set(missing.map((each) => each.package))];
  const names = missing.map((each) => each.name).join(", ");
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    fail(`Tests need ${names}. Install ${packages.join(", ")} (as Debian names them).`);
  }
  console.log(`Tests need ${names}: installing ${packages.join(", ")}.`);
  const install = ["install", "-y", "--no-install-recommends", ...packages];
  // The lists of packages may be old or not there at all.
  if (!aptGet(...install)) {
    aptGet("update");
    aptGet(...install);
  }
  // Whatever the package manager says (a service may not start here): what counts is what is there.
  const still = missingPrograms().map((each) => each.name);
  if (still.length > 0) {
    fail(`Still missing: ${still.join(", ")}. Install ${packages.join(", ")} by hand.`);
  }
}

function aptGet(...args: string[]): boolean {
  const { status, stdout, stderr } = spawnSync("apt-get", ["-q", ...args], {
    encoding: "utf8",
    env: {
      ...process.env,
      DEBIAN_FRONTEND: "noninteractive",
      // At the level of a single user, the packages' scripts start no services.
      RUNLEVEL: "1",
    },
  });
  if (status !== 0) console.error(`apt-get ${args[0]}: ${lastLines(`${stdout}${stderr}`)}`);
  return status === 0;
}

function lastLines(text: string): string {
  return text.trimEnd().split("\n").slice(-3).join("\n");
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
