"use server";

import { revalidatePath } from "next/cache";
import { app } from "../../flux.ts";

/** Reserves 400 tokens, and pays for what the answer took. */
export const summarise = app.guard({ use: { "ai-tokens": 400 } }, async () => {
  // In a guarded action this is its guard's decision.
  const decision = await app.current();
  await decision.settle({ "ai-tokens": 123 });
  revalidatePath("/reports");
});
