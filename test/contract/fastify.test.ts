import { describeContract } from "./contract.ts";
import { target } from "./targets/fastify.ts";

describeContract(target);
