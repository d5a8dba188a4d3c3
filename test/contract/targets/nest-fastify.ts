import { nestTarget } from "./nest.ts";

export const target = nestTarget("nest-fastify", "Fastify");
