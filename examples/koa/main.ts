import { defineFlux } from "@flux/core";
import { writingApp } from "./app.ts";
import { issueKey } from "./customers.ts";
import { config } from "./flux.ts";

const port = Number(process.env.PORT ?? 3000);
const at = `http://127.0.0.1:${port}`;
const [acorn, birch] = [await issueKey("acorn"), await issueKey("birch")];

writingApp(defineFlux(config)).listen(port, "127.0.0.1", () => {
  console.log(`The writing service listens at ${at}. Try:

  # A stranger is asked for a key.
  curl -i -X POST ${at}/drafts/otters

  # 200 words are reserved, 50 are written and paid for.
  curl -iN -X POST ${at}/drafts/otters -H 'x-api-key: ${acorn}'
  curl ${at}/usage -H 'x-api-key: ${acorn}'

  # Acorn's plan has no essays. Birch's has: 1,000 words, or fewer with Ctrl+C in the middle.
  curl -i -X POST ${at}/essays/otters -H 'x-api-key: ${acorn}'
  curl -iN -X POST ${at}/essays/otters -H 'x-api-key: ${birch}'
  curl ${at}/usage -H 'x-api-key: ${birch}'
`);
});
