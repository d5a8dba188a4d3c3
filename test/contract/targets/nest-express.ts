import { nestTarget } from "./nest.ts";

export const target = nestTarget("nest-express", "Express");
