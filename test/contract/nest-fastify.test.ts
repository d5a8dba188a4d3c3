import { describeContract } from "./contract.ts";
import { target } from "./targets/nest-fastify.ts";

describeContract(target);
