/** Tells what the proxy has put on the request, as a handler that logs its headers would; nobody takes it. */
export const POST = (request: Request) =>
  Response.json({ pass: request.headers.get("x-flux-pass") });
