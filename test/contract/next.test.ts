import { describeContract } from "./contract.ts";
import { target } from "./targets/next.ts";

describeContract(target);
