import { describeContract } from "./contract.ts";
import { target } from "./targets/express.ts";

describeContract(target);
