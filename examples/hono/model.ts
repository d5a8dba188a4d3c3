/** Stands in for a language model: a long answer costs more tokens, and sometimes there is none. */
export async function complete(question: { ask: string }) {
  if (question.ask === "an outage") return undefined;
  const long = question.ask === "a novel";
  return { words: say(question.ask, long ? 1_000 : 3), tokens: long ? 8_000 : 523 };
}

/** Word by word, as models do. */
async function* say(subject: string, words: number) {
  for (let said = 0; said < words; said++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    yield said === 0 ? `Here is ${subject}:` : "word";
  }
}
