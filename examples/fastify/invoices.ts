import type { FastifyInstance } from "fastify";

interface ById {
  Params: { id: string };
}

/** The routes of invoices: each says in its `config` who may use it. A name that flux.ts lacks does not compile. */
export async function invoices(app: FastifyInstance): Promise<void> {
  app.get<ById>(
    "/invoices/:id",
    { config: { flux: { scopes: "invoices:read" } } },
    ({ params, flux }) => ({ invoice: params.id, of: flux?.tenant?.id }),
  );

  app.get<ById>(
    "/invoices/:id/pdf",
    { config: { flux: { scopes: "invoices:read", feature: "pdf", limit: "api", cost: 5 } } },
    ({ params }, reply) => reply.type("application/pdf").send(`%PDF of invoice ${params.id}`),
  );

  app.post<ById>(
    "/invoices/:id/reminders",
    { config: { flux: { scopes: "invoices:write", flag: "reminders" } } },
    ({ params }, reply) => reply.code(202).send({ reminded: params.id }),
  );

  const customers = new Map<string | undefined, string[]>();
  app.post<{ Body: { name: string } }>(
    "/customers",
    { config: { flux: { scopes: "invoices:write", feature: "customers" } } },
    ({ body, flux }, reply) => {
      const known = customers.get(flux?.tenant?.id) ?? [];
      // A static feature is a number that the plan brings.
      if (known.length >= Number(flux?.feature("customers").value))
        return reply.code(409).send({ error: "Your plan has no room for another customer." });
      customers.set(flux?.tenant?.id, [...known, body.name]);
      return reply.code(201).send({ customers: known.length + 1 });
    },
  );
}
