/**
 * What a target is told: as an object in this process, as variables of the environment in another one.
 * Nothing of a test runner is imported here.
 */

/** `open` names flags to the caller and refuses what no route matches; all else is the same. */
export const editions = ["usual", "open"] as const;
export type Edition = (typeof editions)[number];

export interface ContractEnvironment {
  /** The issuer that the tokens come from. */
  readonly issuer: string;
  /** An issuer that is trusted, and does not answer. */
  readonly silentIssuer: string;
  /** Epoch milliseconds: the time, all the time. */
  readonly now: number;
  readonly edition: Edition;
}

/** As variables of another process. */
export const toVariables = (environment: ContractEnvironment): Record<string, string> => ({
  CONTRACT_ISSUER: environment.issuer,
  CONTRACT_SILENT_ISSUER: environment.silentIssuer,
  CONTRACT_NOW: String(environment.now),
  CONTRACT_EDITION: environment.edition,
});

/** What `toVariables` wrote. */
export const fromVariables = (
  variables: Readonly<Record<string, string | undefined>>,
): ContractEnvironment => ({
  issuer: variables.CONTRACT_ISSUER ?? "",
  silentIssuer: variables.CONTRACT_SILENT_ISSUER ?? "",
  now: Number(variables.CONTRACT_NOW),
  edition: variables.CONTRACT_EDITION === "open" ? "open" : "usual",
});
