import { expressFlux } from "@flux/express";
import express from "express";
import type { ReportsFlux } from "./flux.ts";
import { complete } from "./model.ts";

/** The reports API. A handler runs only for those who may call it: none of them asks again. */
export function reportsApp(flux: ReportsFlux) {
  const app = express();
  const guard = expressFlux(flux);

  app.use(guard()); // the routes of flux.ts, before anything is parsed
  app.use(express.json());

  app.get("/health", (_request, response) => {
    response.json({ status: "ok" });
  });

  app.post("/login", (_request, response) => {
    response.status(401).json({ error: "Wrong password." });
  });

  app.get("/reports/:id", (request, response) => {
    response.json({ report: request.params.id, tenant: request.flux?.tenant?.id });
  });

  // A guard on one route adds to what flux.ts asks of it.
  app.post("/reports/:id/share", guard({ feature: "sharing" }), (request, response) => {
    response.json({ link: `https://share.example.com/${request.params.id}` });
  });

  app.post("/exports", (_request, response) => {
    response.status(202).json({ export: "started" });
  });

  app.get("/usage", (request, response) => {
    response.json({ "ai-tokens": request.flux?.feature("ai-tokens") });
  });

  // flux.ts reserved 2,000 tokens. The answer tells what it really took, or a 502 gives all back.
  app.post("/chat", async (request, response) => {
    const answer = await complete(request.body);
    if (answer === undefined) {
      response.status(502).json({ error: "The model did not answer." });
      return;
    }
    await request.flux?.settle({ "ai-tokens": answer.tokens });
    response.json(answer);
  });

  app.get("/internal/tenants", (_request, response) => {
    response.json({ tenants: 3 });
  });

  return app;
}
