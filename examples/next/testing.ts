import { testFlux } from "@flux/core/testing";
import { nextFlux } from "@flux/next";
import { config } from "./config.ts";

/** What stands in for flux.ts in the tests. */
export const flux = testFlux(config, { now: "2026-03-01T12:00:00Z" });

export const app = nextFlux(flux);
