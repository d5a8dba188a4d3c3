"use server";

import { app } from "../../flux.ts";

const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
const seen = async (): Promise<number | string> => {
  const [limit] = (await app.current()).limits;
  return limit?.asked ?? "none";
};

const one = app.guard({ limit: "api" }, async () => {
  await pause();
  return seen();
});
const three = app.guard({ limit: "api", cost: 3 }, async () => {
  const first = await seen();
  await pause();
  await pause();
  return [first, await seen()];
});

/** Guarded functions that run at the same time, each with its own decision; afterwards none is left. */
export const both = app.guard({ use: { tokens: 1 } }, async () => {
  const results = await Promise.all([three(), one()]);
  console.log(`parallel: ${JSON.stringify(results)} then ${await seen()}`);
});
