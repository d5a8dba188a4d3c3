import { app } from "../../../flux.ts";

export const POST = app.guard({ use: { tokens: 10 } }, async (request, { flux }) => {
  const { used, fail } = await request.json();
  if (fail) return Response.json({ error: "The model did not answer." }, { status: 502 });
  if (used !== undefined) await flux.settle({ tokens: used });
  return Response.json(flux.feature("tokens"));
});
