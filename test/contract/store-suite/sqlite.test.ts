import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqliteStore } from "@flux/core/sqlite";
import { describeStore } from "./suite.ts";
import { stillClock } from "./target.ts";

describeStore({
  name: "sqliteStore",
  clock: "still",
  make() {
    const directory = mkdtempSync(join(tmpdir(), "flux-sqlite-"));
    return {
      clock: stillClock(),
      open: () => sqliteStore(join(directory, "flux.db")),
      close: () => rmSync(directory, { recursive: true, force: true }),
    };
  },
});
