import { setTimeout as wait } from "node:timers/promises";

/** Stands in for a language model: it writes word by word, and nobody knows beforehand how many. */
export async function* write(subject: string, words: number): AsyncGenerator<string> {
  for (let written = 0; written < words; written++) {
    await wait(2);
    yield written === 0 ? subject : " and more";
  }
}
