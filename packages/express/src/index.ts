import { placeholder } from "@flux/core";
import type { RequestHandler } from "express";
export const expressFlux = (): RequestHandler => (_req, _res, next) =>
  next(placeholder ? undefined : new Error());
