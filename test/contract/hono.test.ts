import { describeContract } from "./contract.ts";
import { target } from "./targets/hono.ts";

describeContract(target);
