/** Next apps, really built and really started, from the packages as they were built last. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { dirname, join, relative } from "node:path";

const root = join(import.meta.dirname, "..", "..");
const next = join(root, "node_modules", "next", "dist", "bin", "next");
const environment = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };

/** ms; on a busy machine a build takes a minute, and waits for one that is under way. */
export const buildTimeout = 240_000;

/** An app to build: a folder, with files of another one laid over it. */
export interface AppSource {
  readonly name: string;
  readonly folder: string;
  /** Path in the app → file. */
  readonly files?: Readonly<Record<string, string>>;
  /** Path in the app → the text of a file that is there only when it is built. */
  readonly writes?: Readonly<Record<string, string>>;
  /** Folders and files outside that it imports: a change in them builds it anew. */
  readonly reads?: readonly string[];
}

/**
 * Builds an app, unless it stands already as it would be built. It is built beside its folder, where
 * relative imports lead to the same files.
 * @returns where it stands.
 */
export async function buildApp({
  name,
  folder,
  files = {},
  writes = {},
  reads = [],
}: AppSource): Promise<string> {
  const target = join(dirname(folder), `.built-${name}`);
  const lock = `${target}.lock`;
  while (!claim(lock)) await new Promise((resolve) => setTimeout(resolve, 100));
  try {
    const built = ["core", "next"].map((each) => join(root, "packages", each, "dist"));
    const inputs = [folder, ...Object.values(files), ...reads, ...built];
    const mark = hashOf(inputs, JSON.stringify(writes));
    const stamp = join(target, ".next", "BUILT_FROM");
    if (existsSync(stamp) && readFileSync(stamp, "utf8") === mark) return target;
    rmSync(target, { recursive: true, force: true });
    cpSync(folder, target, { recursive: true });
    for (const [path, file] of Object.entries(files)) cpSync(file, join(target, path));
    for (const [path, text] of Object.entries(writes)) {
      mkdirSync(dirname(join(target, path)), { recursive: true });
      writeFileSync(join(target, path), text);
    }
    await run(["build"], target);
    writeFileSync(stamp, mark);
    return target;
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** One process builds an app at a time; the claim of one that died is void. */
function claim(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    if (Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0) > 120_000)
      rmSync(lock, { recursive: true, force: true });
    return false;
  }
}

function hashOf(paths: readonly string[], text: string): string {
  const hash = createHash("sha256").update(text);
  const add = (path: string) => {
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort()) add(join(path, name));
      return;
    }
    if (path.endsWith(".map")) return;
    hash.update(relative(root, path)).update("\0").update(readFileSync(path)).update("\0");
  };
  paths.forEach(add);
  return hash.digest("hex");
}

async function run(args: readonly string[], cwd: string): Promise<void> {
  const child = spawn(process.execPath, [next, ...args], { cwd, env: environment });
  const output = collect(child);
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`next ${args.join(" ")} failed in ${cwd}:\n${output()}`);
}

export interface StartedApp {
  readonly url: string;
  readonly port: number;
  /** What it has printed so far. */
  output(): string;
  close(): Promise<void>;
}

/** Starts a built app on a port of its own. @param env beside that of this process. */
export async function startApp(
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<StartedApp> {
  const port = await freePort();
  const args = [next, "start", "--port", String(port), "--hostname", "127.0.0.1"];
  const child = spawn(process.execPath, args, { cwd: folder, env: { ...environment, ...env } });
  const output = collect(child);
  const ended = once(child, "close");
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; !output().includes("Ready"); attempt++) {
    if (child.exitCode !== null || attempt > 600)
      throw new Error(`next start failed in ${folder}:\n${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    url,
    port,
    output,
    async close() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function collect(child: ChildProcess): () => string {
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk) => {
      text += String(chunk);
    });
  return () => text;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
