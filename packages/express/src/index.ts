export { expressFlux, type Guard } from "./express-flux.ts";
