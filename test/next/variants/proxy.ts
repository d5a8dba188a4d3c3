import { app } from "./flux";

export const proxy = app.proxy;

export const config = { matcher: ["/((?!_next/static/|_next/image$|outside$|favicon\\.ico$).*)"] };
