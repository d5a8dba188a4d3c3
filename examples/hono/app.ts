import { type HonoFluxOptions, honoFlux } from "@flux/hono";
import { Hono } from "hono";
import { streamText } from "hono/streaming";
import type { ReportsFlux } from "./flux.ts";
import { complete } from "./model.ts";

/** The reports API. A handler runs only for those who may call it: none of them asks again. */
export function reportsApp(flux: ReportsFlux, options?: HonoFluxOptions) {
  const guard = honoFlux(flux, options);

  return (
    new Hono()
      .use(guard()) // the routes of flux.ts

      .get("/health", (c) => c.json({ status: "ok" }))

      .post("/login", (c) => c.json({ error: "Wrong password." }, 401))

      .get("/reports/:id", (c) =>
        c.json({ report: c.req.param("id"), tenant: c.var.flux.tenant?.id }),
      )

      // A guard on one route adds to what flux.ts asks of it.
      .post("/reports/:id/share", guard({ feature: "sharing" }), (c) =>
        c.json({ link: `https://share.example.com/${c.req.param("id")}` }),
      )

      .post("/exports", (c) => c.json({ export: "started" }, 202))

      .get("/usage", (c) => c.json({ "ai-tokens": c.var.flux.feature("ai-tokens") }))

      // flux.ts reserved 2,000 tokens. The stream settles to what it took; a client that leaves before, or
      // a 502, gives all back.
      .post("/chat", async (c) => {
        const answer = await complete(await c.req.json());
        if (answer === undefined) return c.json({ error: "The model did not answer." }, 502);
        return streamText(c, async (stream) => {
          for await (const word of answer.words) await stream.write(`${word} `);
          await c.var.flux.settle({ "ai-tokens": answer.tokens });
        });
      })

      .get("/internal/tenants", (c) => c.json({ tenants: 2 }))
  );
}
