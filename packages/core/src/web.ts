/** What adapters for web-standard frameworks and edge runtimes stand on. */
export { checkFlux, prepareGuard } from "./engine/misuse.ts";
export { factsFromWeb, type WebRequest, type WebSurroundings } from "./facts/from-web.ts";
export {
  answerToNobody,
  applyHeaders,
  concludeIfLeft,
  concludeWith,
  denialResponse,
  finishResponse,
} from "./http/web-response.ts";
