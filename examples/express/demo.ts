import { ifFree, startServers } from "./servers.ts";
import { inColour, plain } from "./story/palette.ts";
import { play, type Result } from "./story/play.ts";
import { story } from "./story/story.ts";
import { storyTable } from "./story/table.ts";
import { thingsToTry } from "./story/try.ts";

/*
 * Tells the story of story/story.ts once, over HTTP, and then goes on serving.
 * --once: stops after the story; exits with 0 when all went as told, else with 1.
 * --no-color, or NO_COLOR in the environment: no colours.
 */
const once = process.argv.includes("--once");
const paint = process.env.NO_COLOR || process.argv.includes("--no-color") ? plain : inColour;
const width = Math.min(120, Math.max(80, process.stdout.columns ?? 100));
const print = (text: string) => process.stdout.write(`${text}\n`);

const servers = await startServers({
  api: await ifFree(3000),
  customers: await ifFree(4000),
  staff: await ifFree(4001),
});
process.once("SIGINT", async () => {
  await servers.close();
  process.exit(once ? 1 : 0);
});

print("");
print(` The reports API           ${paint("blue", servers.api)}`);
print(` Customers sign in at      ${paint("blue", servers.providers.customers.issuer)}`);
print(` Staff sign in at          ${paint("blue", servers.providers.staff.issuer)}`);
print("");

const table = storyTable(paint, width);
const results: Result[] = [];
print(table.head());
for (const { title, steps } of story) {
  print(table.chapter(title));
  for (const step of steps) {
    const result = await play(servers, step, results.at(-1)?.answer);
    results.push(result);
    print(table.row(result));
  }
}
print(table.summary(results));

if (once) {
  await servers.close();
  process.exitCode = results.every(({ mistakes }) => mistakes.length === 0) ? 0 : 1;
} else {
  print(await thingsToTry(servers, paint));
}
