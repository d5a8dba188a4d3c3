"use server";

import { redirect } from "next/navigation";
import { app } from "../../flux.ts";

/** Says what it was called with in the server's log, which the test reads. */
export const save = app.guard({ limit: "api" }, async (form: FormData) => {
  const decision = await app.current();
  console.log(`saved ${String(form.get("note"))} for ${decision.tenant?.id}`);
  if (form.get("note") === "go") redirect("/sign-in");
});

export const spend = app.guard({ use: { tokens: 50 } }, async (form: FormData) => {
  const decision = await app.current();
  const used = form.get("used");
  if (used !== null) await decision.settle({ tokens: Number(used) });
  console.log(`spent, ${String(decision.feature("tokens").remaining)} left`);
});
