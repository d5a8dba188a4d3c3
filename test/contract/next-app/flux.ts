import { nextFlux, oncePerProcess } from "@flux/next";
import { contractFlux } from "../config.ts";
import { type ContractEnvironment, fromVariables } from "../environment.ts";

/** While Next builds, there is no issuer yet. */
const whileBuilding: ContractEnvironment = {
  issuer: "http://127.0.0.1:1/",
  silentIssuer: "http://127.0.0.1:2/",
  now: 0,
  edition: "usual",
};

export const app = nextFlux(
  oncePerProcess("contract", () =>
    contractFlux(
      process.env.CONTRACT_ISSUER === undefined ? whileBuilding : fromVariables(process.env),
    ),
  ),
);
