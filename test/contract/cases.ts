/** Every case of the contract. */
import type { Case } from "./cases/case.ts";
import { counted, guards, outcomes, sold } from "./cases/charges.ts";
import { cookies, credentials, permissions } from "./cases/identity.ts";
import { answered, forged, methods, targets } from "./cases/requests.ts";

export const cases: readonly Case[] = [
  ...credentials,
  ...cookies,
  ...permissions,
  ...sold,
  ...counted,
  ...guards,
  ...outcomes,
  ...methods,
  ...targets,
  ...forged,
  ...answered,
];
