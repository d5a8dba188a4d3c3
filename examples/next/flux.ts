import { defineFlux } from "@flux/core";
import { nextFlux, oncePerProcess } from "@flux/next";
import { config } from "./config.ts";

/** One for the proxy, the handlers and the pages of this process: they share no module. */
export const flux = oncePerProcess("flux", () => defineFlux(config));

export const app = nextFlux(flux);
