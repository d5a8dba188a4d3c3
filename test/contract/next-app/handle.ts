import type { Decision } from "@flux/core";
import { handlers, nameOf, run } from "../handlers.ts";
import { app } from "./flux.ts";

/** A handler of the contract as a route handler of Next. */
export function handle(name: string) {
  const handler = handlers.find((each) => nameOf(each) === name);
  if (handler === undefined) throw new Error(`there is no handler ${name}`);
  const answer = async (_request: Request, { flux }: { flux: Decision }) => {
    const { status, headers, body } = await run(handler, flux);
    const sent = typeof body === "string" ? body : streamOf(body);
    return new Response(sent, { status, headers: { ...headers } });
  };
  return handler.guard === undefined ? app.guard(answer) : app.guard(handler.guard, answer);
}

function streamOf(body: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const parts = body[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await parts.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}
