import { request } from "node:http";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The parsed JSON; `{}` where there is none. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the API answers with
  readonly body: any;
}

export interface Sent {
  /** `GET /reports/7` */
  readonly line: string;
  /** The value of the Authorization header, or two of them. */
  readonly authorization?: string | string[];
  readonly body?: unknown;
}

/** Sends a request exactly as written; `fetch` would tidy up its path and join its headers first. */
export function send(api: string, { line, authorization, body }: Sent): Promise<Answer> {
  const [method, path] = line.split(" ");
  const json = body === undefined ? undefined : JSON.stringify(body);
  const headers: Record<string, string | string[]> = {
    ...(authorization && { authorization }),
    ...(json && {
      "content-type": "application/json",
      "content-length": `${Buffer.byteLength(json)}`,
    }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(api, { method, path, headers }, async (response) => {
      try {
        const text = Buffer.concat(await response.toArray()).toString();
        const isJson = /\bjson\b/.test(response.headers["content-type"] ?? "");
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: isJson ? JSON.parse(text) : {},
        });
      } catch (error) {
        reject(error);
      }
    });
    sent.on("error", reject).end(json);
  });
}
