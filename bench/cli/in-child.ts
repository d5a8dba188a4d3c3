/** The process of one family: `in-child.ts <name> [--quick]`, started by child.ts. */
import type { FamilyModule, Message } from "./child.ts";

// Nobody waits for the figures any more.
const orphaned = () => process.exit(1);
process.once("disconnect", orphaned);

const [name, ...options] = process.argv.slice(2);
let message: Message;
try {
  const family: FamilyModule = await import(`../families/${name}.ts`);
  message = { result: await family.run({ quick: options.includes("--quick") }) };
} catch (error) {
  message = { failure: error instanceof Error ? (error.stack ?? error.message) : `${error}` };
}
// What a family may have left open does not hold up the next.
process.send?.(message, () => process.exit());
