import { app } from "../../flux.ts";

/** Asks twice in one render, and what a plan allows. */
export default async function Account() {
  const decision = await app.current();
  const exports = await app.current({ feature: "exports" });
  const peeked = await app.current({ limit: "api" });
  return (
    <main>
      <p id="who">{decision.principal?.subject ?? "nobody"}</p>
      <p id="same">{String((await app.current()) === decision)}</p>
      <p id="exports">{exports.code}</p>
      <p id="api">{peeked.code}</p>
    </main>
  );
}
