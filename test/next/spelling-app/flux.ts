import { defineFlux } from "@flux/core";
import { nextFlux, oncePerProcess } from "@flux/next";
import { guardedConfig } from "../../spellings/config.ts";

export const app = nextFlux(oncePerProcess("flux", () => defineFlux(guardedConfig)));
