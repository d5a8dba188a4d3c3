/** What adapters for frameworks on `node:http` stand on. */
export { checkFlux, prepareGuard } from "./engine/misuse.ts";
export {
  type ExpressRequest,
  type FastifyRequestLike,
  factsFromExpress,
  factsFromFastify,
  factsFromNode,
  type NodeSurroundings,
} from "./facts/from-node.ts";
export {
  applyHeaders,
  concludeWith,
  type DenialTarget,
  type NodeResponse,
  sendDenial,
} from "./http/node-response.ts";
export { type ReplyLike, replyTarget } from "./http/reply-target.ts";
