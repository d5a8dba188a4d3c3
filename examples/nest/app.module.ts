import { FluxModule } from "@flux/nest";
import { Module } from "@nestjs/common";
import { ChatController } from "./chat.controller.ts";
import { flux } from "./flux.ts";
import { Model } from "./model.ts";
import { ReportsController } from "./reports.controller.ts";

@Module({
  imports: [FluxModule.forRoot({ flux })], // guards every handler of the app
  controllers: [ReportsController, ChatController],
  providers: [Model],
})
export class AppModule {}
