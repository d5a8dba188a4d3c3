import { type Facts, header } from "@flux/core";

/** Whether a person's browser asks for a page. */
export const isPage = (facts: Facts): boolean =>
  String(header(facts, "accept") ?? "").includes("text/html");
