import type { DecidedTenant } from "@flux/core";
import { CurrentTenant, Public, Require } from "@flux/nest";
import { Controller, Get, HttpCode, Param, Post, UnauthorizedException } from "@nestjs/common";

/** A handler runs only for those who may call it: none of them asks again. */
@Controller()
export class ReportsController {
  @Public()
  @Get("health")
  health() {
    return { status: "ok" };
  }

  @Post("login")
  login() {
    throw new UnauthorizedException("Wrong password.");
  }

  @Get("reports/:id")
  read(@Param("id") id: string, @CurrentTenant() tenant: DecidedTenant) {
    return { report: id, tenant: tenant.id };
  }

  // What stands on a handler adds to what flux.ts asks of its path.
  @Require({ feature: "sharing" })
  @Post("reports/:id/share")
  share(@Param("id") id: string) {
    return { link: `https://share.example.com/${id}` };
  }

  @Require({ scopes: "exports:write", flag: "exports-v2", feature: "exports", limit: "api" })
  @HttpCode(202)
  @Post("exports")
  startExport() {
    return { export: "started" };
  }

  @Get("internal/tenants")
  tenants() {
    return { tenants: 2 };
  }
}
