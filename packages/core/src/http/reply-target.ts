/** A denial written to a reply of Fastify's; it is Fastify that sends it. */
import type { DenialTarget, NodeResponse } from "./node-response.ts";

/** What is used of Fastify's reply. */
export interface ReplyLike {
  readonly raw: Pick<NodeResponse, "headersSent" | "setHeader">;
  readonly sent: boolean;
  getHeader(name: string): number | string | string[] | undefined;
  removeHeader(name: string): unknown;
  code(status: number): unknown;
  send(body?: unknown): unknown;
}

/**
 * Headers are set on Node's own response, below the reply: so they keep their case, and are sent by whatever
 * answers (a hijacked reply, a stream of events). To Fastify they look like any others. The body passes the
 * reply, and its hooks.
 */
export function replyTarget(reply: ReplyLike): DenialTarget {
  const { raw } = reply;
  return {
    get headersSent() {
      return reply.sent || raw.headersSent;
    },
    set statusCode(status: number) {
      reply.code(status);
    },
    getHeader: (name) => reply.getHeader(name),
    setHeader(name, value) {
      // The reply's own value would win.
      reply.removeHeader(name);
      raw.setHeader(name, value);
    },
    removeHeader: (name) => reply.removeHeader(name),
    end(bytes) {
      if (bytes.length === 0) reply.send();
      else if (reply.getHeader("Content-Type") !== undefined) reply.send(bytes);
      else {
        // Bytes without a type Fastify calls a download, but for a stream.
        raw.setHeader("Content-Length", String(bytes.length));
        reply.send(new Response(bytes as Uint8Array<ArrayBuffer>).body);
      }
    },
  };
}
