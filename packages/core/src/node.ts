/** What adapters for frameworks on `node:http` stand on. */
export { factsFromNode, type NodeSurroundings } from "./facts/from-node.ts";
export {
  applyHeaders,
  concludeWith,
  type NodeResponse,
  sendDenial,
} from "./http/node-response.ts";
