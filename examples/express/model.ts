/** Stands in for a language model: a long answer costs more tokens, and sometimes there is none. */
export async function complete(question: { ask: string }) {
  if (question.ask === "an outage") return undefined;
  const tokens = question.ask === "a novel" ? 8_000 : 523;
  return { answer: `Here is ${question.ask}.`, tokens };
}
