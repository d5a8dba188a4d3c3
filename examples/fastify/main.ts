import { invoicesApp } from "./app.ts";
import { issueKey } from "./customers.ts";
import { flux } from "./flux.ts";

const app = await invoicesApp(flux);
const at = await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT ?? 3000) });

const reader = await issueKey("acorn", "invoices:read");
const acorn = await issueKey("acorn", "invoices:read", "invoices:write");
const birch = await issueKey("birch", "invoices:read", "invoices:write");
console.log(`The invoices API listens at ${at}. Try:

  # A stranger is asked for a key, also where there is nothing.
  curl -i ${at}/invoices/7

  # A key that may only read is told which scope it lacks.
  curl -i ${at}/invoices/7 -H 'x-api-key: ${reader}'
  curl -i -X POST ${at}/invoices/7/reminders -H 'x-api-key: ${reader}'

  # A PDF costs 5 of the limit. Acorn's plan has none.
  curl -i ${at}/invoices/7/pdf -H 'x-api-key: ${acorn}'
  curl -i ${at}/invoices/7/pdf -H 'x-api-key: ${birch}'

  # Reminders are released to birch alone: to acorn there is no such page.
  curl -i -X POST ${at}/invoices/7/reminders -H 'x-api-key: ${acorn}'
  curl -i -X POST ${at}/invoices/7/reminders -H 'x-api-key: ${birch}'
`);
