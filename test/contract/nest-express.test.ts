import { describeContract } from "./contract.ts";
import { target } from "./targets/nest-express.ts";

describeContract(target);
