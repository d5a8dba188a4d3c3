export { type Guard, koaFlux } from "./koa-flux.ts";
