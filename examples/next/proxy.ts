import { app } from "./flux.ts";

export const proxy = app.proxy;

// Next reads this text: write it out, here.
export const config = { matcher: ["/((?!_next/static/|_next/image$|favicon\\.ico$).*)"] };
