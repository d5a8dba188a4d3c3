/** What a receipt is for; a server action does not know its path. */
export interface Call {
  readonly method: string;
  readonly path: string | undefined;
}

export const callOf = ({ method, url }: Request): Call => ({
  method,
  path: new URL(url).pathname,
});

/** Whether a receipt for one call counts for another. */
export const isSame = (made: Call, call: Call): boolean =>
  made.method === call.method && (call.path === undefined || made.path === call.path);
