import { Readable } from "node:stream";
import type { sendDenial } from "@flux/core/node";
import type { FastifyReply } from "fastify";

/**
 * A reply as what a decision is applied to. Headers are set on Node's own response, below Fastify's: so they
 * keep their case, and are sent by a hijacked reply as well. To Fastify they look like any others.
 */
export function answerOf(reply: FastifyReply): Parameters<typeof sendDenial>[0] {
  return {
    get headersSent() {
      return reply.sent || reply.raw.headersSent;
    },
    set statusCode(status: number) {
      reply.code(status);
    },
    getHeader: (name) => reply.getHeader(name),
    setHeader(name, value) {
      reply.removeHeader(name);
      reply.raw.setHeader(name, value);
    },
    removeHeader: (name) => reply.removeHeader(name),
    end(body = "") {
      // As bytes: to a string of JSON Fastify would add a charset.
      const bytes = Buffer.from(body);
      if (bytes.length === 0) reply.send();
      else if (reply.hasHeader("Content-Type")) reply.send(bytes);
      // And bytes without a type it would call a download, but for a stream.
      else reply.header("Content-Length", bytes.length).send(Readable.from([bytes]));
    },
  };
}
