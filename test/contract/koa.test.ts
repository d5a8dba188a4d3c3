import { describeContract } from "./contract.ts";
import { target } from "./targets/koa.ts";

describeContract(target);
