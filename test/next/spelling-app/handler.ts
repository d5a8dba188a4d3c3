/** A handler that says who it is; the proxy alone guards it. */
export const handler = (name: string) => () =>
  new Response(name, { headers: { "x-handler": name } });
