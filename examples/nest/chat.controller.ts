import { Readable } from "node:stream";
import type { Decision, RegisteredKeys } from "@flux/core";
import { CurrentDecision, Require } from "@flux/nest";
import {
  BadGatewayException,
  Body,
  Controller,
  Get,
  HttpCode,
  Post,
  StreamableFile,
} from "@nestjs/common";
import { Model } from "./model.ts";

@Controller()
export class ChatController {
  constructor(private readonly model: Model) {}

  // 2,000 tokens are reserved. The stream settles to what it took; a client that leaves before, or a 502, gives
  // all back.
  @Require({
    use: { "ai-tokens": 2_000 },
    limit: "api",
    refundOn: ({ status, aborted }) => aborted || status === 502,
  })
  @HttpCode(200)
  @Post("chat")
  chat(@Body() question: { ask: string }, @CurrentDecision() decision: Decision<RegisteredKeys>) {
    const answer = this.model.complete(question);
    if (answer === undefined) throw new BadGatewayException("The model did not answer.");
    return new StreamableFile(
      Readable.from(
        (async function* () {
          for await (const word of answer.words) yield `${word} `;
          await decision.settle({ "ai-tokens": answer.tokens });
        })(),
      ),
      { type: "text/plain; charset=utf-8" },
    );
  }

  @Require({ use: { "ai-tokens": 0 } }) // 0 peeks: nothing is charged
  @Get("usage")
  usage(@CurrentDecision() decision: Decision<RegisteredKeys>) {
    return { "ai-tokens": decision.feature("ai-tokens") };
  }
}
