/** A decision is applied to a response of Express, or to a reply of Fastify. */
import { Readable } from "node:stream";
import type { NodeResponse, sendDenial } from "@flux/core/node";

/** What headers are set on, and a denial is written to. */
type Answer = Parameters<typeof sendDenial>[0];

/** What is used of Fastify's reply. */
interface FastifyReply {
  readonly raw: NodeResponse;
  readonly sent: boolean;
  getHeader(name: string): number | string | string[] | undefined;
  removeHeader(name: string): unknown;
  code(status: number): unknown;
  send(body?: unknown): unknown;
}

/**
 * Of Fastify the headers are set on Node's own response, below the reply: so they are sent by whatever
 * answers (a stream of events writes there as well). The body passes the reply, and its hooks.
 */
export function answerOf(response: object): Answer {
  if (!isReply(response)) return response as NodeResponse;
  const { raw } = response;
  return {
    get headersSent() {
      return response.sent || raw.headersSent;
    },
    set statusCode(status: number) {
      response.code(status);
    },
    getHeader: (name) => response.getHeader(name),
    setHeader(name, value) {
      // The reply's own value would win.
      response.removeHeader(name);
      raw.setHeader(name, value);
    },
    removeHeader: (name) => response.removeHeader(name),
    end(body = "") {
      // As bytes: to a string of JSON Fastify would add a charset.
      const bytes = Buffer.from(body as Uint8Array);
      if (bytes.length === 0) response.send();
      else if (response.getHeader("Content-Type") !== undefined) response.send(bytes);
      else {
        // And bytes without a type it would call a download, but for a stream.
        raw.setHeader("Content-Length", String(bytes.length));
        response.send(Readable.from([bytes]));
      }
    },
  };
}

/** The response that tells how it ended. */
export function rawResponseOf(response: object): NodeResponse {
  return isReply(response) ? response.raw : (response as NodeResponse);
}

function isReply(response: object): response is FastifyReply {
  const { raw, code } = response as Partial<FastifyReply>;
  return typeof raw === "object" && typeof code === "function";
}
