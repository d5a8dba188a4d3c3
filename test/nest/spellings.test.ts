/** However a path is spelt, Nest leads nobody to a handler whose requirement is not met. */
import { defineFlux } from "@flux/core";
import {
  All,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  type INestApplication,
  Post,
} from "@nestjs/common";
import { describeSpellings, guardedConfig } from "../spellings/spellings.ts";
import { appOf, start } from "./support.ts";

@Controller("admin")
class Admin {
  @Header("x-handler", "GET /admin/x") @Get("x") read() {}
  @Header("x-handler", "DELETE /admin/x") @Delete("x") remove() {}
  @Header("x-handler", "POST /admin/x") @HttpCode(200) @Post("x") add() {}
  @Header("x-handler", "* /admin/area/*rest") @HttpCode(200) @All("area/*") area() {}
  @Header("x-handler", "GET /admin/users/public") @Get("users/public") open() {}
  @Header("x-handler", "GET /admin/users/:id") @Get("users/:id") user() {}
}

@Controller()
class Open {
  @Header("x-handler", "open") @Get("open/*") rest() {}
}

const app = appOf({ flux: defineFlux(guardedConfig) }, { controllers: [Admin, Open] });

describeSpellings("Express", () => start("Express", app));
describeSpellings("Express, strict and case-sensitive", () =>
  start("Express", app, (nest: INestApplication) => {
    const express = nest.getHttpAdapter().getInstance();
    express.enable("strict routing");
    express.enable("case sensitive routing");
  }),
);
describeSpellings("Fastify", () => start("Fastify", app));
describeSpellings("Fastify that reads paths as loosely as it can", () =>
  start("Fastify", app, undefined, {
    routerOptions: {
      caseSensitive: false,
      ignoreTrailingSlash: true,
      ignoreDuplicateSlashes: true,
      // The types do not know it.
      ...{ useSemicolonDelimiter: true },
    },
  }),
);
