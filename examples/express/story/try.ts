import type { Servers } from "../servers.ts";
import type { Paint } from "./palette.ts";

/** Lines for a shell, with tokens that live for an hour. */
export async function thingsToTry({ api, tokenFor }: Servers, paint: Paint): Promise<string> {
  const variables = {
    BIRCH: await tokenFor("birch-app"),
    READER: await tokenFor("birch-reader"),
    CEDAR: await tokenFor("cedar-app"),
  };
  const as = (name: keyof typeof variables) => `-H "Authorization: Bearer $${name}"`;
  const json = (body: object) => `--json '${JSON.stringify(body)}'`;
  const lines = {
    "Anyone may ask whether it is up:": `curl -i ${api}/health`,
    "Birch reads a report:": `curl -i ${as("BIRCH")} ${api}/reports/7`,
    "Birch chats:": `curl -i ${as("BIRCH")} ${json({ ask: "a haiku" })} ${api}/chat`,
    "What birch has left:": `curl -s ${as("BIRCH")} ${api}/usage`,
    "Denied, a scope is missing:": `curl -i -X POST ${as("READER")} ${api}/exports`,
    "Denied, not released to cedar:": `curl -i -X POST ${as("CEDAR")} ${api}/exports`,
    "Denied, a path with two readings:": `curl -i --path-as-is ${api}/reports/../internal/tenants`,
  };
  return [
    "\n The API goes on serving; Ctrl+C stops it. Paste the tokens into a shell first:\n",
    ...Object.entries(variables).map(([name, token]) => paint("subtext", `${name}=${token}`)),
    ...Object.entries(lines).map(
      ([what, line]) => `\n${paint("overlay", `# ${what}`)}\n${paint("text", line)}`,
    ),
    "",
  ].join("\n");
}
