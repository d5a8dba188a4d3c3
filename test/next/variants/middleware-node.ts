import { app } from "./flux";

export const middleware = app.proxy;

export const config = {
  matcher: ["/((?!_next/static/|_next/image$|outside$|favicon\\.ico$).*)"],
  runtime: "nodejs",
};
