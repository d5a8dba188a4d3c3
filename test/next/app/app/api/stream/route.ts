import { app } from "../../../flux.ts";

/** Ten lines in half a second. */
export const GET = app.guard(() => {
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      if (sent++ === 10) return controller.close();
      controller.enqueue(new TextEncoder().encode(`${"x".repeat(1_000)}\n`));
    },
  });
  return new Response(body);
});
