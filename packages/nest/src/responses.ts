/** A decision is applied to a response of Express, or to a reply of Fastify. */
import { type DenialTarget, type NodeResponse, type ReplyLike, replyTarget } from "@flux/core/node";

/** What is used of Fastify's reply. */
type FastifyReply = ReplyLike & { readonly raw: NodeResponse };

/** What headers are set on, and a denial is written to. */
export function answerOf(response: object): DenialTarget {
  return isReply(response) ? replyTarget(response) : (response as NodeResponse);
}

/** The response that tells how it ended. */
export function rawResponseOf(response: object): NodeResponse {
  return isReply(response) ? response.raw : (response as NodeResponse);
}

function isReply(response: object): response is FastifyReply {
  const { raw, code } = response as Partial<FastifyReply>;
  return typeof raw === "object" && typeof code === "function";
}
