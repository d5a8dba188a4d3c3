/** What adapters for web-standard frameworks and edge runtimes stand on. */
export { factsFromWeb, type WebRequest, type WebSurroundings } from "./facts/from-web.ts";
export {
  applyHeaders,
  concludeIfLeft,
  concludeWith,
  denialResponse,
  finishResponse,
} from "./http/web-response.ts";
