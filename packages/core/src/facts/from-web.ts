import type { Facts, HeadersLike } from "./facts.ts";

/** What an adapter knows of a request beside the request itself. */
export interface WebSurroundings {
  /** The other end of the connection, where the runtime tells; read where a limit asks for it, so a getter will do. */
  readonly ip?: string | undefined;
  /** The full pattern that the framework matched. */
  readonly pattern?: string | undefined;
  /** The target that leads to the handler, where it is another than `request.url`. */
  readonly routedUrl?: string | undefined;
  /** No path leads to what is asked for. */
  readonly detached?: boolean | undefined;
}

const nothing: WebSurroundings = Object.freeze({});

/** What is used of a `Request` (Fetch standard §5.4). */
export interface WebRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: HeadersLike;
}

/** The facts of a `Request`, as web frameworks and edge runtimes give it. */
export function factsFromWeb(request: WebRequest, known: WebSurroundings = nothing): Facts {
  return new WebFacts(request, known);
}

class WebFacts implements Facts {
  readonly method: string;
  readonly url: string;
  readonly headers: HeadersLike;
  readonly #known: WebSurroundings;
  readonly pattern: string | undefined;
  readonly routedUrl: string | undefined;
  readonly detached: boolean | undefined;

  constructor(request: WebRequest, known: WebSurroundings) {
    this.method = request.method;
    this.url = request.url;
    this.headers = request.headers;
    this.#known = known;
    this.pattern = known.pattern;
    this.routedUrl = known.routedUrl;
    this.detached = known.detached;
  }

  get ip(): string | undefined {
    return this.#known.ip;
  }
}
